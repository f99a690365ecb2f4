"""The pipelines: `aspectra run` (of two kinds) and `aspectra distil`. Each stage is also a command of its own."""
