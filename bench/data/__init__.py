"""Data sets: what is built in, what is downloaded, and what users give."""
