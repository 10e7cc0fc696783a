"""The machine: its description, its noise, and what could make numbers wrong on it."""
