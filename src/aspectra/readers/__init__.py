"""A trained student at work: sentences in, opinions out; `predictor` takes texts of any length."""
