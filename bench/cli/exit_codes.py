"""Exit codes."""

OK, FAILURES, BAD_INPUT, TOO_NOISY, INTERRUPTED = 0, 1, 2, 3, 130
# Of what a run came to.
CODES = {"complete": OK, "failures": FAILURES, "interrupted": INTERRUPTED}
