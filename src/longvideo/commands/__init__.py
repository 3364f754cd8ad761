"""One module per command of the `longvideo` command line."""
