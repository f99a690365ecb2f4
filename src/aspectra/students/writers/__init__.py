"""Writers: sequence-to-sequence and causal models that write their answers token by token."""
