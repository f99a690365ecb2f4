"""The chains of stages: `aspectra run` (of two kinds) and `aspectra distil`. Each stage is a command of its own too."""
