"""What a record is, what it proves, and how it is shown. Needs no framework."""

from aebench.reports.environment import tame

# Before anything that chokes is imported.
tame()
