"""Groups targets by meaning: into topics that are found, or into the user's own."""
