"""Decoding, encoding, sampling and transforms of video frames."""
