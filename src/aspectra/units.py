"""What a text falls apart into where whole words count: words, signs, and characters that are words by themselves.

Called by `aspectra.students.taggers` and `aspectra.readers`.
"""

from __future__ import annotations

import re

UNSPACED = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # scripts in which every character is a word here
UNIT = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|\S")
HALF = re.compile("[\ud800-\udfff]")  # half a character, as a JSON file can have it; no tokenizer takes it
