"""Splits a text into units: words, punctuation marks, and characters that are words by themselves.

Called by `aspectra.students.taggers` and `aspectra.readers`.
"""

from __future__ import annotations

import re

UNSPACED = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # scripts in which each character counts as a word
UNIT = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|\S")
HALF = re.compile("[\ud800-\udfff]")  # a lone surrogate, which a JSON file can contain and no tokenizer accepts
