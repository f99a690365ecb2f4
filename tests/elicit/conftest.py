"""The endpoint on the loopback and the files that are asked about."""

from tests.endpoint import answer, endpoint, nowhere, rows, settings, write_reviews

__all__ = ["answer", "endpoint", "nowhere", "rows", "settings", "write_reviews"]
