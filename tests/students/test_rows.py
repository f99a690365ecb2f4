"""The order of rows depends on seed and epoch alone, and every row is seen once an epoch."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.errors import UserError
from aspectra.students.batches import Batches, cut
from aspectra.students.writers.rows import Rows

LENGTHS = [3, 40, 7, 7, 21, 90, 12, 5, 33, 60, 2, 18, 44, 9, 27, 71]


def effective(steps: int, accumulation: int, processes: int, epoch: int = 0) -> list[set[int]]:
    """The rows of each optimizer step, put together from all processes."""
    found: list[set[int]] = [set() for _ in range(steps)]
    for rank in range(processes):
        batches = Batches(LENGTHS, steps, accumulation, 42, processes, rank)
        batches.set_epoch(epoch)
        for i, batch in enumerate(batches):
            assert batch, "a process without a row would be waited for"
            found[i // accumulation] |= set(batch)
    return found


@pytest.mark.parametrize(("accumulation", "processes"), [(2, 1), (1, 2), (2, 2), (4, 1)])
def test_a_step_sees_the_same_rows_however_it_is_split(accumulation: int, processes: int) -> None:
    assert effective(4, accumulation, processes) == effective(4, 1, 1)


@given(
    st.lists(st.integers(1, 500), min_size=4, max_size=200),
    st.integers(1, 30),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_every_row_once_an_epoch(lengths: list[int], steps: int, accumulation: int, processes: int, epoch: int) -> None:
    seen: list[int] = []
    sizes = []
    for rank in range(processes):
        batches = Batches(lengths, steps, accumulation, 1, processes, rank)
        batches.set_epoch(epoch)
        of_rank = list(batches)
        assert len(of_rank) == len(batches)
        assert all(of_rank)
        sizes += [len(batch) for batch in of_rank]
        seen += chain.from_iterable(of_rank)
    assert sorted(seen) == list(range(len(lengths)))
    assert max(sizes) - min(sizes) <= 2


def test_epochs_and_seeds_differ_and_repeat() -> None:
    assert effective(4, 1, 1, epoch=0) != effective(4, 1, 1, epoch=1)
    assert effective(4, 1, 1, epoch=1) == effective(4, 1, 1, epoch=1)


def test_rows_of_like_length_come_together() -> None:
    lengths = [10, 200] * 200
    batches = list(Batches(lengths, 50, 1, 3))
    padded = sum(max(lengths[i] for i in batch) * len(batch) for batch in batches)
    assert padded < 1.15 * sum(lengths)


def test_more_processes_than_rows_is_said() -> None:
    with pytest.raises(UserError, match="start fewer"):
        Batches([1, 1], 1, 1, 0, processes=3)


def test_rows_come_back_as_they_were() -> None:
    rows = Rows(["analysis", "rating"])
    rows.add([1, 2, 3], [4, 5], "analysis")
    rows.add([6], [7], "rating")
    assert [(list(r["prompt"]), list(r["answer"]), r["kind"]) for r in (rows[0], rows[1])] == [
        ([1, 2, 3], [4, 5], 0),
        ([6], [7], 1),
    ]
    assert rows.lengths() == [5, 2]
    assert rows.answer_tokens() == {"analysis": 2, "rating": 1}


def test_cut_shares_out_evenly() -> None:
    assert [len(part) for part in cut(list(range(10)), 4)] == [2, 3, 2, 3]
