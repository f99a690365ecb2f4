"""Labeled sets: where they lie, how they are fetched, brought in from other formats, and described."""
