"""What ``pytest bench/ --benchmark-only`` collects."""
