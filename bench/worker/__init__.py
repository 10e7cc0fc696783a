"""The worker process: build a model, run its steps and trace them, on the parent's command."""
