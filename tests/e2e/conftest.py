"""The endpoint of the elicitation's tests serves the end-to-end ones too."""

from tests.endpoint import endpoint

__all__ = ["endpoint"]
