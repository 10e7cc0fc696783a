"""What the parent and a worker say to each other. Needs the standard library alone."""
