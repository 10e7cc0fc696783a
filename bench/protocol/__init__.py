"""The messages between the parent and a worker. Imports the standard library alone."""
