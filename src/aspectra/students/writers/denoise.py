"""The control that shows what the teacher adds: the same reviews, without a teacher.

Spans of a review are masked and the student restores them. A vocabulary with sentinels (T5's `<extra_id_0>`) gets T5's
format: the input has a sentinel for each masked span, the answer has each sentinel with its text (Raffel et al. 2020,
section 3.1.4: 15 % of the tokens, spans of 3). Other models read `<1>`, `<2>`... for the spans and write the whole
review, as in BART's text infilling (Lewis et al. 2020; 30 % of the words, spans of 3). There every token of the answer
trains, so the budget is met without many passes over each review. Called by `lessons` for the kind `denoise`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from aspectra.errors import UserError
from aspectra.students.corpus import CONTROL
from aspectra.students.writers.encoder import Encoder
from aspectra.students.writers.rows import Rows

KIND = CONTROL
SENTINEL = "<extra_id_0>"
T5_SHARE, INFILL_SHARE, SPAN = 0.15, 0.30, 3.0


def build(reviews: Sequence[str], encoder: Encoder, budget: int, rows: Rows, seed: int) -> int:
    """Add denoising rows until their answer tokens are as close as possible to the budget; return the tokens.

    Each round uses all reviews once, in a new order with new spans.
    """
    reviews = [review for review in reviews if review.split()]
    if not reviews:
        raise UserError("the corpus has no reviews to denoise")
    spent = 0
    for prompt, answer in endless(reviews, encoder, seed):
        # The last row is added only if it brings the sum closer.
        if spent + len(answer) / 2 > budget and len(rows):
            return spent
        rows.add(prompt, answer, KIND)
        spent += len(answer)
    raise AssertionError("unreachable: the rows do not end")


def endless(reviews: Sequence[str], encoder: Encoder, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Rows of all reviews, round after round; the same seed gives the same rows."""
    lap = 0
    while True:
        chance = random.Random(f"{seed}/{lap}")
        for index in chance.sample(range(len(reviews)), len(reviews)):
            yield corrupt(reviews[index], encoder, chance)
        lap += 1


def corrupt(review: str, encoder: Encoder, chance: random.Random) -> tuple[list[int], list[int]]:
    """(ids of the prompt, ids of the answer) for one review with new spans."""
    if encoder.form.sentinels and SENTINEL in encoder.tokenizer.get_vocab():
        return with_sentinels(review, encoder, chance)
    words = review.split(" ")
    hidden, pieces, number = spans(len(words), INFILL_SHARE, chance), list[str](), 0
    for i, word in enumerate(words):
        if not hidden[i]:
            pieces.append(word)
        elif i == 0 or not hidden[i - 1]:
            number += 1
            pieces.append(f"<{number}>")
    return encoder.row(KIND, " ".join(pieces), review)


def with_sentinels(review: str, encoder: Encoder, chance: random.Random) -> tuple[list[int], list[int]]:
    """T5's format on token ids; the marker is never masked."""
    lead = encoder.ids(f"{KIND}: ") if encoder.marker else []
    body, room = encoder.ids(review), max(2, encoder.input_tokens - len(lead) - 1)
    encoder.cut_inputs += len(body) > room
    body = body[:room]
    hidden = spans(len(body), T5_SHARE, chance)
    first = encoder.tokenizer.convert_tokens_to_ids(SENTINEL)
    shown, answer, number = list(lead), list[int](), -1
    for i, token in enumerate(body):
        if not hidden[i]:
            shown.append(token)
            continue
        if i == 0 or not hidden[i - 1]:
            number += 1
            # T5's hundred sentinels count downwards from <extra_id_0>.
            sentinel = encoder.tokenizer.convert_tokens_to_ids(f"<extra_id_{min(number, 99)}>") if number else first
            shown.append(sentinel)
            answer.append(sentinel)
        answer.append(token)
    return encoder.frame(shown), encoder.closed(answer)


def spans(length: int, share: float, chance: random.Random) -> list[bool]:
    """The mask of `length` places: a `share` of them (at least one, never all), in spans of three on average.

    As in T5's `random_spans_noise_mask`, the length fixes the numbers of spans and places, and their sizes are drawn.
    Unlike there, a span may start the text and need not end it: T5 masks long chunks, but in a short text with only one
    span, that span would always be the last words. A text of one place is masked whole.
    """
    if length < 2:
        return [True] * length
    noise = min(max(round(length * share), 1), length - 1)
    number = max(1, min(round(noise / SPAN), length - noise))
    # Spans have at least one place between them; before the first and after the last there may be none.
    gaps = pieces(length - noise - (number - 1) + number + 1, number + 1, chance)
    mask = [False] * (gaps[0] - 1)
    for covered, gap in zip(pieces(noise, number, chance), gaps[1:], strict=True):
        mask += [True] * covered + [False] * gap
    return mask[:length]


def pieces(items: int, parts: int, chance: random.Random) -> list[int]:
    """`items` split at random into `parts` parts of at least one each."""
    marks = [0, *sorted(chance.sample(range(1, items), parts - 1)), items]
    return [b - a for a, b in pairwise(marks)]
