"""The worker's side of each pass: imported in workers alone, since it may import Keras."""
