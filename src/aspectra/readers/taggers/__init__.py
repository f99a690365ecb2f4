"""Taggers at work."""
