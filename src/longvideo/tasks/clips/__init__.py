"""What clips of videos show, learned in one shape or in many (thesis chapter 6)."""
