"""Result tables: collect, claims, render."""
