"""The exit codes of the command ``aebench``."""

OK, FAILURES, BAD_INPUT, TOO_NOISY, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 4, 130
# The exit code of each outcome of a run.
CODES = {"complete": OK, "failures": FAILURES, "interrupted": INTERRUPTED}
