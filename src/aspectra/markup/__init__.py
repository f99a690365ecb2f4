"""HTML in reviews, read as what it means, with the way back to the text as given."""

from aspectra.markup.reading import Reading, read, told

__all__ = ["Reading", "read", "told"]
