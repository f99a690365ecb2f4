"""Interprets HTML in reviews, and maps offsets back to the original text."""

from aspectra.markup.reading import Reading, read, told

__all__ = ["Reading", "read", "told"]
