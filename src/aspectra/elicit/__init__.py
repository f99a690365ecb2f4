"""Asking an LLM about reviews: prompts, teachers, the store of answers, and what the answers say."""
