"""Predictions to figures: scoring, subsets, what is behind a score, how sure it is, and the records that hold it."""
