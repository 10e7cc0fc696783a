"""The parent's side of each pass: workers asked in turn, answers appended to the record."""
