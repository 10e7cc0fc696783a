"""The worker process: it builds a model, runs its steps and traces them."""
