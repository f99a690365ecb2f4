"""The files of a tagger's export; what goes into its graph and what comes out, with the names of the axes.

Called by `graph` and `convert`, which write them, and by `in_onnx`, which reads them.
"""

from __future__ import annotations

FORMAT = 1  # of an export; one that this version cannot read has another
ENGINE = "onnxruntime"  # in `aspectra.json`, so that an export is known for a tagger's
GRAPH, TOKENIZER = "model.onnx", "tokenizer.json"

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
    "sure": ("rows", "spans"),  # how sure each is, as `students.taggers.reading.Read` has it
    "polarities": ("rows", "spans", "shares"),  # in the order of `schema.POLARITIES`, adding up to one; or else
    "about": ("rows", "units", "categories"),  # the chance of each category, of the spans and of the whole at the end
    "judged": ("rows", "units", "categories", "shares"),  # the polarities, were it spoken of
    "tags": ("rows", "words", "kinds"),  # the chance of each of `spans.TAGS`
    "vectors": ("rows", "spans", "width"),  # the mean of a span's states
}


def outputs(categories: bool) -> list[str]:
    """The names of what a graph gives, in order: polarities of spans, or those of each category."""
    absent = {"polarities"} if categories else {"about", "judged"}
    return [name for name in OUTPUTS if name not in absent]
