"""From predictions to figures: scoring, subsets, detailed metrics, significance, and the records that store them."""
