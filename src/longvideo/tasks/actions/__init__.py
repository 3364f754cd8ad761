"""Actions of boxes (thesis chapter 7)."""
