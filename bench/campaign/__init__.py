"""The parent: it starts workers, runs the passes, writes the record and shows how far it is."""
