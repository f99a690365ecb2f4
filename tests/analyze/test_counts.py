"""Counts, groups, intervals and what rose and fell: against counting by hand, and within bounds of memory."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import Dictionary, invented, put

from aspectra.analyze import spoken
from aspectra.analyze.bounded import Bounded
from aspectra.analyze.counts import count_opinions
from aspectra.analyze.lemma import grouping
from aspectra.analyze.opinions import Found, Opinion, extract
from aspectra.analyze.table import read_table
from aspectra.errors import UserError
from aspectra.score.shares import two_shares, wilson


def counted(folder: Path, rows: list[dict[str, str]], by: tuple[str, ...] = ("store",)) -> dict[str, Any]:
    table = read_table(put(folder / "r.csv", rows))
    found = extract([entry.text for entry in table.entries()], Dictionary())
    return count_opinions(table, list(enumerate(found, 1)), by=by)


def test_against_counting_by_hand(tmp_path: Path) -> None:
    rows = invented(400)
    result = counted(tmp_path, rows)
    found = extract([row["review"] for row in rows], Dictionary())
    flat = [(row, o) for row, one in zip(rows, found, strict=True) for o in one.opinions]
    assert result["reviews"] == 400 and result["opinions"] == len(flat)
    assert result["without_opinion"] == sum(not one.opinions for one in found) > 0
    polarities = Counter(o.polarity for _, o in flat)
    assert {p: part["count"] for p, part in result["polarities"].items()} == {
        p: polarities[p] for p in result["polarities"]
    }
    rooms = [o for _, o in flat if o.target in ("room", "rooms")]
    row = next(row for row in result["targets"]["rows"] if row["label"] == "room")
    assert row["opinions"] == len(rows_of := rooms) and row["forms"] == ["room", "rooms"]
    assert row["polarities"]["negative"]["count"] == sum(o.polarity == "negative" for o in rows_of)
    assert row["reviews"] == sum(any(o.target in ("room", "rooms") for o in one.opinions) for one in found)
    stores = Counter(row["store"] for row in rows)
    assert {value["value"]: value["reviews"] for value in result["by"][0]["rows"]} == dict(stores)
    assert sum(value["opinions"] for value in result["by"][0]["rows"]) == len(flat)
    time = result["time"]
    assert time["unit"] == "month" and time["early"] + time["late"] == 400 and time["outside"] == 0
    assert sum(stretch["reviews"] for stretch in time["rows"]) == 400
    assert time["early"] == sum(row["date"] < time["border"] for row in rows)
    cell = result["by"][0]["rows"][0]["topics"][result["by"][0]["topics"].index("room")]
    harbor = [one for row, one in zip(rows, found, strict=True) if row["store"] == result["by"][0]["rows"][0]["value"]]
    named = [one for one in harbor if any(o.target in ("room", "rooms") for o in one.opinions)]
    assert cell["reviews"] == len(named)


def test_a_review_that_nothing_was_said_of_is_counted_and_one_too_many_is_told(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "r.csv", [{"text": "We stayed."}, {"text": "Nice bar."}]))
    bar = Found([Opinion("bar", None, "positive", 5, 8, 0.9, "Nice bar.")], True)
    figures = count_opinions(table, [(2, bar)])
    assert (figures["reviews"], figures["without_opinion"], figures["cut"], figures["opinions"]) == (2, 1, 1, 1)
    assert figures["time"] is None and figures["movers"] == {"tested": 0, "rows": []}
    with pytest.raises(UserError, match=r"the table has changed since its opinions were read \(row 3\)"):
        count_opinions(table, [(2, bar), (3, bar)])
    with pytest.raises(UserError, match="no column 'shop'"):
        count_opinions(table, [(2, bar)], by=["shop"])


def test_what_rose_and_fell(tmp_path: Path) -> None:
    result = counted(tmp_path, invented(3000))
    movers = {(row["label"], row["what"]): row for row in result["movers"]["rows"]}
    assert ("pool", "named") in movers and ("breakfast", "negative") in movers and ("wifi", "negative") in movers
    assert movers["pool", "named"]["late"]["share"] > movers["pool", "named"]["early"]["share"]
    assert movers["wifi", "negative"]["late"]["share"] < movers["wifi", "negative"]["early"]["share"]
    assert all(row["p"] <= 0.05 for row in movers.values())
    assert result["movers"]["tested"] > 2 * len(movers)


def test_nothing_moves_where_nothing_does(tmp_path: Path) -> None:
    # The same month over and over: every stretch of time has the same reviews.
    rows = [row | {"date": f"2026-{month:02d}-15"} for month in range(1, 9) for row in invented(200)]
    movers = counted(tmp_path, rows)["movers"]
    assert movers["tested"] > 10 and movers["rows"] == []


def test_quotes_are_of_different_reviews_and_marked(tmp_path: Path) -> None:
    result = counted(tmp_path, invented(300))
    forms = {row["label"]: row["forms"] for row in result["targets"]["rows"]}
    for row in result["topics"]["rows"]:
        assert row["quotes"]
        for polarity in ("positive", "negative"):
            quotes = [q for q in row["quotes"] if q["polarity"] == polarity]
            assert len({q["row"] for q in quotes}) == len(quotes) == len({q["sentence"] for q in quotes}) <= 3
            assert all(q["sentence"][q["start"] : q["end"]] in forms[row["label"]] for q in quotes)


def test_groups() -> None:
    key = grouping()
    for group in ("Rooms|ROOM|the  room|our rooms", "TVs|TV|tv", "choice of dishes|Choices of dishes", "glass|glasses"):
        assert len(set(map(key, group.split("|")))) == 1, group
    apart = ["seating", "seat", "bed", "bedding", "bus", "news", "building", "hotel room", "room"]
    assert len({key(form) for form in apart}) == len(apart)
    spanish = grouping("es")
    assert spanish("Habitaciones de hotel") == spanish("habitación de hotel") != spanish("cama")


def test_values_are_one_where_they_mean_one_and_no_value_is_none(tmp_path: Path) -> None:
    said = ["5", "5.0", " 5.00", "4.5", "nan", "N/A", "", "null", "Old Town", "old  town ", "05"]
    rows = [{"text": "The room was great.", "store": value} for value in said]
    (column,) = counted(tmp_path, rows)["by"]
    assert {row["value"]: row["reviews"] for row in column["rows"]} == {
        "(empty)": 4, "5": 3, "Old Town": 2, "4.5": 1, "05": 1,
    }  # fmt: skip
    assert column["known"] == 5 and [row["topics"][0]["reviews"] for row in column["rows"]] == [4, 3, 2, 1, 1]


def test_rare_entries_are_forgotten_within_the_bound() -> None:
    stream = [f"common{n % 5}" for n in range(500)] + [f"rare{n}" for n in range(5000)] + ["common1"] * 3
    table: Bounded[str, list[int]] = Bounded(lambda: [0], lambda tally: tally[0], 100)
    for word in stream:
        table[word][0] += 1
        assert len(table) <= 100
    truth = Counter(stream)
    counts = {word: tally[0] for word, tally in table.entries.items()}
    assert all(truth[word] - table.at_most <= count <= truth[word] for word, count in counts.items())
    assert counts["common1"] == 103 and sum(counts.values()) + table.forgotten == len(stream)


def test_rare_targets_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "KNOWN", 10)
    rows = [{"text": f"The thing{n} was dirty. The room was great."} for n in range(50)]
    targets = counted(tmp_path, rows, by=())["targets"]
    assert targets["known"] <= 10 and targets["rows"][0]["label"] == "room" and targets["rows"][0]["opinions"] == 50
    assert sum(row["opinions"] for row in targets["rows"]) + targets["forgotten"] == 100


def test_intervals_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for hits, total in ((0, 1), (0, 40), (1, 3), (17, 60), (60, 60), (512, 9000)):
        theirs = stats.binomtest(hits, total).proportion_ci(method="wilson")
        assert wilson(hits, total) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    for a, b, c, d in ((30, 100, 50, 100), (12, 400, 40, 700), (77, 90, 20, 80)):
        square = stats.chi2_contingency([[a, b - a], [c, d - c]], correction=False).pvalue
        assert two_shares(a, b, c, d) == pytest.approx(square, rel=1e-9)


def test_few_counts_are_not_tested() -> None:
    assert two_shares(1, 10, 2, 1000) is None and two_shares(0, 0, 5, 10) is None and two_shares(9, 9, 80, 80) is None
    p = two_shares(5, 10, 5, 10)
    assert p is not None and math.isclose(p, 1.0)
