"""What whole videos show, from compressed streams or optical flow (thesis chapter 4)."""
