"""What came out of a run, for a person to read."""
