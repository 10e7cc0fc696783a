"""The part of aebench that measures: commands, plans, workers and passes."""
