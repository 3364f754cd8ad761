"""Official annotation files of the data sets."""
