"""Inference with a trained student: sentences in, opinions out. `predictor` takes texts of any length."""
