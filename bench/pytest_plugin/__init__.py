"""The tests, options and hooks of ``pytest bench/ --benchmark-only``."""
