"""What a record is, what it proves, and how it is shown. Needs no framework."""
