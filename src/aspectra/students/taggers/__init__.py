"""Taggers: an encoder reads a sentence once; heads mark the targets and give each a polarity."""
