"""A procedural video world rendered to real encoded files with official-format annotations."""
