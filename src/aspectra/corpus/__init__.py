"""Responses to training text: filter, decontaminate, split, mix, and silver labels on the side."""
