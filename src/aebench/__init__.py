"""aebench: measures Keras models on Keras's backends, and says what the measurements bear out."""
