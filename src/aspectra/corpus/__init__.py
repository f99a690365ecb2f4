"""Makes training text and silver labels from responses: filter, decontaminate, split, mix."""
