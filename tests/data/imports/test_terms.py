"""Targets are found as a reader sees them, and a target that is labeled twice is at two places."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from aspectra.data.examples import load
from aspectra.data.imports.build import build
from aspectra.data.imports.terms import placed, standing
from aspectra.schema import Opinion


@pytest.mark.parametrize(
    ("target", "text", "said"),
    [
        (unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "A café there."), "cafe\u0301"),
        (unicodedata.normalize("NFD", "Café"), "A café there.", "café"),
        ("chef's", "The chef’s soup", "chef’s"),
        ("chef’s", "The CHEF'S soup", "CHEF'S"),
        ("check-in", "Slow check\u2011in desk", "check\u2011in"),
        ("check–in", "Slow check-in desk", "check-in"),
        ("Fish & chips", "Good fish &amp; chips.", "fish &amp; chips"),
        ("Fish &amp; chips", "Good fish &  chips.", "fish &  chips"),
        ("5 o'clock tea", "The 5&nbsp;o&#39;clock tea", "5&nbsp;o&#39;clock tea"),
        ('the "suite"', "In the “suite”.", "the “suite”"),
        ("breakfast", "Cold break\u00adfast.", "break\u00adfast"),
        ("wi-fi", "Slow wi\u200b-fi.", "wi\u200b-fi"),
        ("office", "A quiet o\ufb03ce.", "o\ufb03ce"),
        ("room 12", "In room\u00a0１２.", "room\u00a0１２"),
        ("soup of the day", "The <b>soup</b> of the day", "soup</b> of the day"),
    ],
)
def test_what_looks_alike_is_the_same_target(target: str, text: str, said: str) -> None:
    span = standing(target, text)
    assert span is not None and text[slice(*span)] == said


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("caf", "No cafe\u0301 here"),
        ("Cafe", "No CAFE\u0301 here"),
        ("off", "An o\ufb03ce"),
        ("tea", "A bar"),
        ("’", "x"),
    ],
)
def test_what_looks_different_is_not(target: str, text: str) -> None:
    found = standing(target, text)
    assert found is None or text[slice(*found)] == target


BEDS = "bed good bed bad"


@pytest.mark.parametrize(
    ("targets", "text", "spans"),
    [
        (["bed", "bed"], BEDS, [(0, 3), (9, 12)]),
        (["Bed", "bed"], BEDS, [(0, 3), (9, 12)]),
        (["bed", "Bed"], BEDS, [(0, 3), (9, 12)]),
        (["BED", "BED"], BEDS, [(0, 3), (9, 12)]),
        (["bed", "bed"], "The bed was good.", [(4, 7), (4, 7)]),
        (["tub", "tub"], "A bathtub, a tub, a Tub", [(13, 16), (20, 23)]),
        (["bed", "bed", "bed"], BEDS, [(0, 3), (9, 12), (0, 3)]),
    ],
)
def test_a_target_labeled_again_is_at_the_next_place(
    targets: list[str], text: str, spans: list[tuple[int, int]]
) -> None:
    found = placed([Opinion(target, None, "positive") for target in targets], text)
    assert [(o.start, o.end) for o in found] == spans
    assert all(o.target == text[o.start : o.end] for o in found)


def test_given_offsets_keep_their_place_and_categories_share_one() -> None:
    given = placed(
        [Opinion("bed", None, "negative"), Opinion("bed", None, "neutral", 0, 3), Opinion("bed", None, "x")], BEDS
    )
    assert [o.start for o in given] == [9, 0, 0]
    shared = placed([Opinion("bed", category, "positive") for category in ("A", "B", "A")], BEDS)
    assert [o.start for o in shared] == [0, 0, 9]


@pytest.mark.parametrize("form", ["csv", "jsonl", "txt", "xml"])
@pytest.mark.parametrize("second", ["positive", "negative"])
def test_every_format_places_them(form: str, second: str, tmp_path: Path) -> None:
    path = tmp_path / f"l.{form}"
    if form == "csv":
        lines = ["text,target,polarity", f"{BEDS},bed,positive", f"{BEDS},bed,{second}"]
    elif form == "jsonl":
        lines = [json.dumps({"text": BEDS, "target": "bed", "polarity": each}) for each in ("positive", second)]
    elif form == "txt":
        lines = [f"{BEDS}####[('bed', 'positive'), ('bed', '{second}')]"]
    else:
        terms = [f'<aspectTerm term="bed" polarity="{each}"/>' for each in ("positive", second)]
        sentence = f'<sentence id="1"><text>{BEDS}</text><aspectTerms>{"".join(terms)}</aspectTerms></sentence>'
        lines = [f"<sentences>{sentence}</sentences>"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    build([path], "atsa", tmp_path / "set", split="train")
    (example,) = load(tmp_path / "set" / "train.json")
    assert [(o.start, o.polarity) for o in example.opinions] == [(0, "positive"), (9, second)]
