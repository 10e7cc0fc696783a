"""The parent process: it starts workers, runs the passes, and writes and shows the results."""
