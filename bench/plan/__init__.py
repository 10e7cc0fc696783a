"""The plan of a run: what is measured, in which order and how often, fixed before measuring."""
