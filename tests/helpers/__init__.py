"""Help several tests."""
