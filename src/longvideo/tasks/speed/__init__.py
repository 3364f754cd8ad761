"""Measuring how long a system takes per frame of video, on the machine at hand."""
