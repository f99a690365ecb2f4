"""What goes into a tagger's graph and what comes out, with the names of the axes. Called by `graph` and `in_onnx`."""

from __future__ import annotations

AS_TAGGED = -2  # in `given`: this word is of whatever span its tag says

INPUTS = {
    "ids": ("rows", "tokens"),
    "mask": ("rows", "tokens"),  # 1 where there is a token
    "first": ("rows", "words"),  # the first token of each word, -1 behind the last
    "word_of": ("rows", "tokens"),  # the number of each token's word, -1 where it is of none
    "given": ("rows", "words"),  # the number of the span that each word is of, -1 outside, or `AS_TAGGED`
}
OUTPUTS = {
    "number": ("rows", "words"),  # the number of each word's span in its sentence, -1 outside
    "sure": ("rows", "spans"),  # the chances of the tags of a span's words, multiplied
    "polarities": ("rows", "spans", "shares"),  # in the order of `schema.POLARITIES`, adding up to one
    "tags": ("rows", "words", "kinds"),  # the chance of each of `spans.TAGS`
    "vectors": ("rows", "spans", "width"),  # the mean of a span's states
}
