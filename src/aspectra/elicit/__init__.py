"""Asking a teacher about reviews: prompts, pace, budget, the store of answers, and parsing of answers."""
