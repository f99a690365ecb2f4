"""Inference with taggers."""
