"""Multigrid training (thesis chapter 6): small clips in large batches first, large clips in small batches last."""
