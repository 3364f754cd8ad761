"""Reproducible research on long-form video understanding."""
