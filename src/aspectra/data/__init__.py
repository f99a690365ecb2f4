"""Labeled sets: finding, downloading, importing from other formats, and describing them."""
