"""The worker's side of each pass. Imported in workers only, where Keras may be."""
