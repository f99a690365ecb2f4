"""The endpoint of the elicitation's tests serves the end-to-end ones too."""

from tests.elicit.conftest import endpoint

__all__ = ["endpoint"]
