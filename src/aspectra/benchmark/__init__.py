"""Benchmarks: evaluation of one student, systems x sets x seeds, and zero-shot polarity."""
