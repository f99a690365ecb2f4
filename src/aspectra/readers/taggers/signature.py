"""The files of a tagger's export; the inputs and outputs of its graph, with the names of the axes.

Called by `graph` and `convert`, which write them, and by `in_onnx`, which reads them.
"""

from __future__ import annotations

FORMAT = 1  # of an export; an incompatible version has another number
ENGINE = "onnxruntime"  # in `aspectra.json`, marks the export of a tagger
GRAPH, TOKENIZER = "model.onnx", "tokenizer.json"

AS_TAGGED = -2  # in `given`: use the span that this word's tag gives

INPUTS = {
    "ids": ("rows", "tokens"),
    "mask": ("rows", "tokens"),  # 1 for a real token
    "first": ("rows", "words"),  # the first token of each word, -1 for padding
    "word_of": ("rows", "tokens"),  # the index of each token's word, -1 for none
    "given": ("rows", "words"),  # the index of each word's span, -1 outside, or `AS_TAGGED`
}
OUTPUTS = {
    "number": ("rows", "words"),  # the index of each word's span in its sentence, -1 outside
    "sure": ("rows", "spans"),  # the certainty of each span, see `students.taggers.reading.Read`
    "polarities": ("rows", "spans", "shares"),  # in the order of `schema.POLARITIES`, summing to one; or else
    "about": ("rows", "units", "categories"),  # the probability of each category, for the spans, then for the whole
    "judged": ("rows", "units", "categories", "shares"),  # the polarities of a category if it is present
    "tags": ("rows", "words", "kinds"),  # the probability of each of `spans.TAGS`
    "vectors": ("rows", "spans", "width"),  # the mean of a span's states
}


def outputs(categories: bool) -> list[str]:
    """The names of a graph's outputs, in order: polarities of spans, or of each category."""
    absent = {"polarities"} if categories else {"about", "judged"}
    return [name for name in OUTPUTS if name not in absent]
