"""Converts other annotation formats to benchmark sets, and back: read, map the labels, write a folder."""
