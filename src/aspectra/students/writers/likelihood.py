"""How likely a student is to go on with given words: several continuations of one begun answer, in batches.

A batch is one forward pass, whatever the number of continuations. A causal student reads each begun answer once: all
its continuations stand behind it in one row, each sees the begun answer and itself alone, and each has the positions
that it would have by itself. A seq2seq student reads each input once; its decoder gets a row for each continuation,
since T5's relative positions cannot be given from outside. Called by `aspectra.benchmark.polarity_student`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from aspectra.errors import UserError
from aspectra.students.writers.family import Encoder, Student, collator, fill

PACKABLE = ("full_attention", "sliding_attention", "chunked_attention")


@dataclass(frozen=True, slots=True)
class Stem:
    """Token ids of an input, of the answer as far as it is begun, and of each way in which it may go on.

    Every way has a token at least.
    """

    prompt: list[int]
    begun: list[int]
    ways: list[list[int]]

    @property
    def length(self) -> int:
        """Tokens of the input and of the longest answer."""
        return len(self.prompt) + len(self.begun) + max(map(len, self.ways))


def endings(encoder: Encoder, begun: str, ways: Sequence[str]) -> tuple[list[int], list[list[int]]]:
    """The ids of an answer as far as it is begun and of each way to go on; the texts are joined as they are.

    Each whole answer is encoded as in training and cut where the first of them differ, so that what is scored is what
    the student would write even where its tokenizer joins the end of `begun` with the beginning of a way.
    """
    lead, before = (" ", []) if encoder.family == "causal" else ("", encoder.before)
    wholes = [encoder.ids(f"{lead}{begun}{way}") for way in ways]
    same = takewhile(lambda column: len(set(column)) == 1, zip(encoder.ids(f"{lead}{begun}"), *wholes, strict=False))
    shared = sum(1 for _ in same)
    return [*before, *wholes[0][:shared]], [whole[shared:] for whole in wholes]


def log_likelihoods(
    student: Student,
    stems: Sequence[Stem],
    batch_size: int = 8,
    tick: Callable[[int], None] = lambda _: None,
) -> list[list[float]]:
    """For each stem the natural log of the probability of each of its ways, given input and begun answer.

    Stems are put in batches by length; padding and neighbors change nothing. `tick` is told how many are done. Raises
    UserError for a causal model whose layers mix neighbors in some other way than attention.
    """
    import torch

    if student.family == "causal":
        check_packable(student.model)
    student.model.eval()
    order = sorted(range(len(stems)), key=lambda i: -stems[i].length)
    found: list[list[float]] = [[] for _ in stems]
    read = packed if student.family == "causal" else decoded
    with torch.inference_mode():
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size]
            for i, scores in zip(batch, read(student, [stems[i] for i in batch]), strict=True):
                found[i] = scores
            tick(len(batch))
    return found


def check_packable(model: Any) -> None:
    """Raise UserError unless the model sees a row only through attention, with positions that can be given."""
    layers = set(getattr(model.config, "layer_types", None) or ())
    if "position_ids" not in inspect.signature(model.forward).parameters or not layers <= set(PACKABLE):
        raise UserError(
            f"{type(model).__name__} cannot be asked for several continuations at once: zero-shot takes seq2seq "
            "students and causal ones made of attention alone (SmolLM2, Qwen, Gemma, Llama...)"
        )


def packed(student: Student, stems: Sequence[Stem]) -> list[list[float]]:
    """The scores of a batch of a causal student. The last token of a way is only predicted, never read."""
    import torch

    place = student.model.device
    sizes = [len(s.prompt) + len(s.begun) + sum(len(way) - 1 for way in s.ways) for s in stems]
    width = max(sizes)
    contexts = [[*s.prompt, *s.begun] for s in stems]
    ids = fill(
        [c + [t for way in s.ways for t in way[:-1]] for c, s in zip(contexts, stems, strict=True)],
        student.tokenizer.pad_token_id,
        left=True,
    )
    positions = torch.zeros(len(stems), width, dtype=torch.long)
    # Padding sees itself, for an attention over nothing is no number.
    sees = torch.eye(width, dtype=torch.bool).repeat(len(stems), 1, 1)
    places: list[list[list[int]]] = []
    for row, (s, context) in enumerate(zip(stems, contexts, strict=True)):
        start = width - sizes[row]
        end = at = start + len(context)
        positions[row, start:end] = torch.arange(len(context))
        sees[row, start:end, start:end] = torch.ones(len(context), len(context)).tril().bool()
        places.append([])
        for way in s.ways:
            read = len(way) - 1
            positions[row, at : at + read] = len(context) + torch.arange(read)
            sees[row, at : at + read, start:end] = True
            sees[row, at : at + read, at : at + read] = torch.ones(read, read).tril().bool()
            places[-1].append([end - 1, *range(at, at + read)])
            at += read
    # No way is predicted before the end of the context, and the head over the vocabulary is much of the work.
    keep = max(size - len(context) + 1 for size, context in zip(sizes, contexts, strict=True))
    trims = "logits_to_keep" in inspect.signature(student.model.forward).parameters
    kind = student.model.dtype
    mask = torch.zeros(sees.shape, dtype=kind).masked_fill(~sees, torch.finfo(kind).min)[:, None]
    logits = student.model(
        input_ids=ids.to(place),
        attention_mask=mask.to(place),
        position_ids=positions.to(place),
        use_cache=False,
        **({"logits_to_keep": keep} if trims else {}),
    ).logits
    skipped = width - logits.shape[1]
    rows = [[row] * len(s.ways) for row, s in enumerate(stems)]
    moved = [[[p - skipped for p in way] for way in ways] for ways in places]
    return gathered(logits, stems, rows, moved)


def decoded(student: Student, stems: Sequence[Stem]) -> list[list[float]]:
    """The scores of a batch of a seq2seq student: each input through the encoder once, each way through the decoder."""
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    model, place = student.model, student.model.device
    collate = collator(student)
    assert collate.start is not None
    inputs = {name: value.to(place) for name, value in collate.padded([s.prompt for s in stems]).items()}
    states = model.get_encoder()(**inputs).last_hidden_state
    counts = torch.tensor([len(s.ways) for s in stems], device=place)
    answers = fill([[collate.start, *s.begun, *way[:-1]] for s in stems for way in s.ways], collate.pad)
    # Padding stands to the right and the decoder looks to the left: it needs no mask.
    logits = model(
        encoder_outputs=BaseModelOutput(last_hidden_state=states.repeat_interleave(counts, 0)),
        attention_mask=inputs["attention_mask"].repeat_interleave(counts, 0),
        decoder_input_ids=answers.to(place),
        use_cache=False,
    ).logits
    numbers = iter(range(len(answers)))
    rows = [[next(numbers) for _ in s.ways] for s in stems]
    places = [[list(range(len(s.begun), len(s.begun) + len(way))) for way in s.ways] for s in stems]
    return gathered(logits, stems, rows, places)


def gathered(
    logits: Any, stems: Sequence[Stem], rows: Sequence[Sequence[int]], places: Sequence[Sequence[Sequence[int]]]
) -> list[list[float]]:
    """Sums of log probabilities of each way's tokens, whose predictions stand at `places` of the logits' `rows`."""
    import torch

    tokens = torch.tensor([token for s in stems for way in s.ways for token in way], device=logits.device)
    lengths = [len(way) for s in stems for way in s.ways]
    each = torch.tensor([row for line in rows for row in line], device=logits.device)
    row = each.repeat_interleave(torch.tensor(lengths, device=logits.device))
    place = torch.tensor([p for ways in places for way in ways for p in way], device=logits.device)
    picked = logits[row, place].float()
    logs = picked.gather(1, tokens[:, None])[:, 0] - picked.logsumexp(1)
    sums = iter([float(part.sum()) for part in logs.cpu().double().split(lengths)])
    return [[next(sums) for _ in s.ways] for s in stems]
