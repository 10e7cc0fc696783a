"""The built-in models, one file each; Keras is imported inside functions alone."""
