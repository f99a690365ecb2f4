"""Inference with writers: two engines behind one Protocol, parsing of answers, constraints, conversion."""
