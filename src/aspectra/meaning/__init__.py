"""Targets that belong together by what they mean: found, or under topics that a user names."""
