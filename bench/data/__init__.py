"""Read data sets: the built-in sample, downloaded sets, and users' own files."""
