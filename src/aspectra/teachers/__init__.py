"""Whom to ask: one file each behind one Protocol (`teacher`). Text in, text out."""
