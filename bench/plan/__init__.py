"""Make the plan of a run, which fixes what is measured, in which order and how often."""
