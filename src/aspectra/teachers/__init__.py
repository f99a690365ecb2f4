"""LLMs and other teachers: one file each behind one Protocol (`teacher`). Text in, text out."""
