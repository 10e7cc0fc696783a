"""The parent's side of the passes: send commands to workers, append their answers to the record."""
