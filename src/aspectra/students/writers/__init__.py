"""Students that write their answers token by token: sequence-to-sequence and causal models."""
