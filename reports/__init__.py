"""Read and write records, derive results from them, and show them. Needs no framework."""

from aebench.reports.environment import tame

# This comes before the import of libraries that fail on some environment variables.
tame()
