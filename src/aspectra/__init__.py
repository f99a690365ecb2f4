"""Aspectra distils an LLM's understanding of opinions into a small language model that its user owns."""
