"""Asking a teacher about reviews: prompts, pace and budget, the store of answers, and what the answers say."""
