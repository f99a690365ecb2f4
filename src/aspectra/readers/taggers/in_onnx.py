"""The engine that runs an export with onnxruntime: no torch, no transformers.

Called by `aspectra.readers.opening` and `export`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from aspectra.errors import UserError
from aspectra.info import EXPORT, read_info
from aspectra.readers.taggers.signature import AS_TAGGED, FORMAT, GRAPH, TOKENIZER
from aspectra.schema import Span
from aspectra.students.taggers.reading import Read
from aspectra.students.taggers.words import Encoder, Pieces

T = TypeVar("T")
AT_ONCE = 16  # sentences per batch, whatever the number of threads: the last digits depend on it
WIDTH = 64  # with sentences of more tokens, batches are smaller: memory grows with the square of the length


class Exported:
    """Implements `engine.Engine`."""

    def __init__(
        self,
        folder: Path,
        threads: int | None = None,
        batch_size: int = 32,
        compute: str | None = None,
        spread: bool = False,
    ) -> None:
        """`spread`: few sentences are shared among all threads; see `aspectra.load`.

        Raises UserError if the export cannot be read, or has another type than `compute`.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        self.info = read_info(folder)
        about = self.info[EXPORT]
        if about.get("format") != FORMAT:
            raise UserError(f"{folder} was exported by another version of Aspectra; export the model again")
        if compute not in (None, made := about.get("compute")):
            raise UserError(f"{folder} was exported in {made} and runs only in that type; leave out --compute")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # batches run in parallel: two threads on one batch wait for each other
        options.log_severity_level = 3  # its warnings are of no use to users
        try:
            self.session = onnxruntime.InferenceSession(
                str(folder / GRAPH), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            room, self.pad, self._parameters = (int(about[name]) for name in ("room", "pad", "parameters"))
        except Exception as error:  # neither library raises more specific errors
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(f"cannot load the export {folder} ({reason}); export the model again") from None
        self.encoder, self.batch_size = Encoder(tokenizer, room), min(batch_size, AT_ONCE)
        self.threads, self.spread = threads or os.cpu_count() or 1, spread
        self.pool = ThreadPoolExecutor(self.threads, "reader")
        self.categories = tuple(about.get("categories", ()))

    @property
    def parameters(self) -> int:
        return self._parameters

    def read(
        self,
        pieces: Sequence[Pieces],
        tick: Callable[[int], object] = lambda _: None,
        given: Sequence[Sequence[Span]] | None = None,
    ) -> list[Read]:
        """Sentences are batched by length. A sentence without words is skipped, unless spans are given."""
        return self.begin(pieces, tick, given)()

    def begin(
        self,
        pieces: Sequence[Pieces],
        tick: Callable[[int], object] = lambda _: None,
        given: Sequence[Sequence[Span]] | None = None,
    ) -> Callable[[], list[Read]]:
        found = [Read([], [], []) for _ in pieces]
        asked = [number for number, one in enumerate(pieces) if one.words or given is not None]

        def work(batch: list[int]) -> list[Read]:
            return self.together([pieces[i] for i in batch], given and [given[i] for i in batch])

        under_way = self.side_by_side(pieces, asked, work)

        def reads() -> list[Read]:
            tick(len(pieces) - len(asked))
            for batch, said in under_way:
                for i, one in zip(batch, said, strict=True):
                    found[i] = one
                tick(len(batch))
            return found

        return reads

    def side_by_side(
        self, pieces: Sequence[Pieces], asked: Sequence[int], work: Callable[[list[int]], T]
    ) -> Iterator[tuple[list[int], T]]:
        """Each batch, as indices into the pieces, with the result of `work`. The work begins at once; each thread runs
        one batch at a time."""
        most = min(self.batch_size, -(-len(asked) // self.threads)) if self.spread else self.batch_size
        plan = list(batches(asked, [len(one.ids) for one in pieces], max(1, most)))
        return zip(plan, self.pool.map(work, plan), strict=True)

    def together(self, pieces: Sequence[Pieces], given: Sequence[Sequence[Span]] | None) -> list[Read]:
        """The output for one batch."""
        feed = arrays(pieces, self.pad, given)
        asked = ["number", "sure", "about", "judged"] if self.categories else ["number", "sure", "polarities"]
        number, *more = self.session.run(asked, feed)
        spans = runs(number) if given is None else [list(some) for some in given]
        sure, *more = (each.tolist() for each in more)
        if self.categories:
            return [categorized(some, *each) for some, *each in zip(spans, sure, *more, strict=True)]
        (shares,) = more
        return [
            Read(some, chances[: len(some)], said[: len(some)])
            for some, chances, said in zip(spans, sure, shares, strict=True)
        ]

    def vectors(self, pieces: Sequence[Pieces]) -> list[Any]:
        """For each sentence an array (spans, width): the vector of each span that `read` finds in it."""
        found: list[Any] = [None] * len(pieces)

        def work(batch: list[int]) -> list[Any]:
            number, vectors = self.session.run(["number", "vectors"], arrays([pieces[i] for i in batch], self.pad))
            return [rows[: len(some)] for some, rows in zip(runs(number), vectors, strict=True)]

        for batch, said in self.side_by_side(pieces, range(len(pieces)), work):
            for i, rows in zip(batch, said, strict=True):
                found[i] = rows
        return found


def categorized(
    spans: list[Span], sure: list[float], about: list[list[float]], judged: list[list[list[float]]]
) -> Read:
    """The output for a sentence, by unit and category; the whole sentence is last in every row."""
    units = [*range(len(spans)), -1]
    return Read(spans, sure[: len(spans)], [], [about[u] for u in units], [judged[u] for u in units])


def batches(asked: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Batches of sentences of similar length, the longest first: at most `most` each, fewer beyond `WIDTH` tokens."""
    order = sorted(asked, key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        size = max(1, min(most, most * WIDTH // max(1, lengths[order[start]])))
        yield order[start : start + size]
        start += size


def arrays(pieces: Sequence[Pieces], pad: int, given: Sequence[Sequence[Span]] | None = None) -> Mapping[str, Any]:
    """The inputs of the graph: `signature.INPUTS`, padded to the longest sentence."""
    import numpy as np

    tokens = max(1, max(len(one.ids) for one in pieces))
    words = max(1, max(len(one.words) for one in pieces))
    feed = {
        "ids": np.full((len(pieces), tokens), pad, np.int64),
        "mask": np.zeros((len(pieces), tokens), np.int64),
        "first": np.full((len(pieces), words), -1, np.int64),
        "word_of": np.full((len(pieces), tokens), -1, np.int64),
        "given": np.full((len(pieces), words), AS_TAGGED if given is None else -1, np.int64),
    }
    for row, one in enumerate(pieces):
        length = len(one.ids)
        feed["ids"][row, :length] = one.ids
        feed["mask"][row, :length] = 1
        feed["first"][row, : len(one.first)] = one.first
        feed["word_of"][row, :length] = one.word_of
    for row, spans in enumerate(given or ()):
        for number, (start, end) in enumerate(spans):
            feed["given"][row, start:end] = number
    return feed


def runs(number: Any) -> list[list[Span]]:
    """The spans in each row of an array (rows, words) with the index of each word's span."""
    import numpy as np

    edge = np.full((len(number), 1), -1)
    inside = number >= 0
    starts = inside & (number != np.hstack([edge, number[:, :-1]]))
    ends = inside & (number != np.hstack([number[:, 1:], edge]))
    rows, first = np.nonzero(starts)
    last = np.nonzero(ends)[1]
    found: list[list[Span]] = [[] for _ in number]
    for row, start, end in zip(rows.tolist(), first.tolist(), last.tolist(), strict=True):
        found[row].append((start, end + 1))
    return found
