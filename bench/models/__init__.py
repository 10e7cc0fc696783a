"""The built-in models, one file per model; only functions import Keras."""
