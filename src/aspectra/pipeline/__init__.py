"""The chains of stages: `aspectra run` and `aspectra distil`. Each stage is a command of its own too."""
