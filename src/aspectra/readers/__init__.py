"""From a fine-tuned student to answers: export, and a predictor that needs no torch."""
