"""The Python interface: run a comparison from a script or a notebook, and show what came out."""
