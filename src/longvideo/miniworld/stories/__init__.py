"""One module per data set that miniworld stands for; each tells stories over the same renderer."""
