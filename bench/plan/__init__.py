"""What is measured, in which order and how often; fixed before anything is measured."""
