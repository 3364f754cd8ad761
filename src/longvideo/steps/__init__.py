"""One module per stage of the graph; each is run as `python -m`."""
