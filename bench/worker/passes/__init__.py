"""The worker's side of each pass. Only workers import it, since it may import Keras."""
