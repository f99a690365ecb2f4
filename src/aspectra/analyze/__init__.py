"""A table of reviews to opinions, counts over them, and a report: `aspectra analyze`, and `frame` for Python."""

from aspectra.analyze.frames import frame

__all__ = ["frame"]
