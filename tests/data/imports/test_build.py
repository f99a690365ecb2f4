"""Files become a set that is found by its folder; nothing is written where anything is wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aspectra.data import datasets
from aspectra.data.examples import load
from aspectra.data.imports.build import build, guess, parted
from aspectra.errors import UserError
from aspectra.manifest import Stage
from aspectra.schema import Example

XML = """<sentences><sentence id="a"><text>Dull soup.</text>
<aspectTerms><aspectTerm term="soup" polarity="negative" from="4" to="8"/></aspectTerms>
<aspectCategories><aspectCategory category="food" polarity="negative"/></aspectCategories></sentence></sentences>
"""
SEG = "dull $T$ .\nsoup\n-1\nkind $T$ .\nwaiter\n1\n"
ATEPC = "dull O -100\nsoup B-ASP Negative\n\n"
CSV = "text,target,polarity\nDull soup.,soup,negative\n"
FILES = {"a.xml": XML, "a.seg": SEG, "a.atepc": ATEPC, "a.csv": CSV}


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FILES)
def test_each_format_makes_a_set_that_is_found(tmp_path: Path, name: str) -> None:
    made = build([put(tmp_path / name, FILES[name])], "atsa", tmp_path / "set", split="test")
    (example, *_) = datasets.split(datasets.find("atsa", tmp_path / "set"), "test")
    assert [(o.target, o.polarity, o.start) for o in example.opinions] == [("soup", "negative", 5)]
    assert made["splits"]["test"]["sentences"] == (2 if name == "a.seg" else 1)


@pytest.mark.parametrize(("name", "format_"), zip(FILES, ("semeval", "seg", "atepc", "table"), strict=True))
def test_the_format_shows_in_the_name_or_the_first_line(tmp_path: Path, name: str, format_: str) -> None:
    assert guess(put(tmp_path / name, FILES[name])) == format_
    if format_ != "table":
        assert guess(put(tmp_path / "a.dat", "\ufeff\n" + FILES[name])) == format_


def test_a_format_that_does_not_show(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.txt: cannot guess the format.* --format semeval\|table\|seg\|atepc\|gen"):
        guess(put(tmp_path / "a.txt", "Dull soup.\n"))
    with pytest.raises(UserError, match="no file"):
        guess(tmp_path / "b.txt")


def test_where_targets_and_categories_stand_apart_the_tasks_own_are_kept(tmp_path: Path) -> None:
    path = put(tmp_path / "a.xml", XML)
    for task, kept in (("atsa", ("soup", None)), ("acsa", (None, "food"))):
        build([path], task, tmp_path / task)
        (example,) = load(tmp_path / task / "train.json")
        assert [(o.target, o.category) for o in example.opinions] == [kept]


def test_a_task_that_needs_both_is_not_served_by_targets_and_categories_apart(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"a\.xml: targets and categories are annotated separately, and the task tasd needs"
    ):
        build([put(tmp_path / "a.xml", XML)], "tasd", tmp_path / "set")
    both = "text,target,category,polarity\nDull soup.,soup,food,negative\n"
    build([put(tmp_path / "a.csv", both)], "tasd", tmp_path / "set")


def test_opinions_without_a_target_stay_where_a_file_says_both(tmp_path: Path) -> None:
    """As in the published hard sets: the paper's subsets count them for atsa too."""
    rows = "text,target,category,polarity\nDull soup.,soup,food,negative\nDull soup.,,place,positive\n"
    build([put(tmp_path / "a.csv", rows)], "atsa", tmp_path / "set")
    (example,) = load(tmp_path / "set" / "train.json")
    assert [o.target for o in example.opinions] == ["soup", None]


def test_a_task_that_the_file_does_not_serve(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.seg: none of 2 opinions fits the task acsa \(2 have a tar"):
        build([put(tmp_path / "a.seg", SEG)], "acsa", tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_ids_of_several_files_stay_distinct(tmp_path: Path) -> None:
    build([put(tmp_path / "a.seg", SEG), put(tmp_path / "b.atepc", ATEPC)], "atsa", tmp_path / "set")
    assert [example.id for example in load(tmp_path / "set" / "train.json")] == ["1", "2", "b:1"]


def test_wrong_offsets_and_lost_targets_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    xml = XML.replace('from="4" to="8"', 'from="0" to="4"')
    made = build([put(tmp_path / "a.xml", xml)], "atsa", tmp_path / "set")
    assert made["splits"] == {"train": {"sentences": 1, "opinions": 1, "mended": 1, "unplaced": 0}}
    made = build([put(tmp_path / "a.xml", XML.replace("soup.", "stew."))], "atsa", tmp_path / "other")
    assert made["splits"]["train"]["unplaced"] == 1
    assert "train: 1 targets are not in their sentence" in capsys.readouterr().err


def test_offsets_are_written_as_they_were_mended_and_missing_ones_as_they_were_found(tmp_path: Path) -> None:
    rows = [
        "text,target,polarity,from,to",
        "💩The soup was cold.,soup,negative,6,10",  # counted in UTF-16
        "💩💩 soup; 💩 soup.,soup,negative,14,18",
        '"The soup, the soup and the soup.",soup,positive,14,18',
        "Soft beds and a bed.,bed,positive,,",
        "A soft bed.,bed,positive,0,3",
    ]
    made = build([put(tmp_path / "a.csv", "\n".join(rows))], "atsa", tmp_path / "set", split="train")
    assert made["splits"]["train"]["mended"] == 4
    written = json.loads((tmp_path / "set" / "train.json").read_text("utf-8-sig"))
    assert [(a["from"], a["to"]) for each in written for a in each["aspects"]] == [
        (5, 9), (11, 15), (14, 18), (16, 19), (7, 10),
    ]  # fmt: skip


def test_bad_rows_and_strange_labels_are_told_together(tmp_path: Path) -> None:
    table = "text,target,polarity\nSoft bed.,bed,good\nSoft bed.,tub,positive\n"
    files = [put(tmp_path / "a.csv", table), put(tmp_path / "b.csv", table)]
    with pytest.raises(UserError) as caught:
        build(files, "atsa", tmp_path / "set")
    told = str(caught.value)
    assert "a.csv, line 3: the target 'tub'" in told and "b.csv, line 3: the target 'tub'" in told
    assert "'good' 2 times" in told and not (tmp_path / "set").exists()


def many(count: int) -> list[Example]:
    return [Example(str(i), f"text {i % (count - 5)}") for i in range(count)]


def test_a_split_by_shares_keeps_order_and_texts_together() -> None:
    examples = many(105)
    parts = parted(examples, 0.2, 0.1, seed=3)
    assert {name: len({e.text for e in part}) for name, part in parts.items()} == {"train": 70, "dev": 20, "test": 10}
    assert Counter(e for part in parts.values() for e in part) == Counter(examples)
    for part in parts.values():
        assert part == sorted(part, key=examples.index)
    assert not {e.text for e in parts["dev"]} & {e.text for e in parts["train"]}
    assert parted(examples, 0.2, 0.1, seed=3) == parts != parted(examples, 0.2, 0.1, seed=4)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"test_share": 0.1}, "--test-share 0.1 of 2 sentences is less than one sentence"),
        ({"dev_share": 0.4, "test_share": 0.5}, "leave none for train"),
        ({"dev_share": 0.5, "test_share": 0.5}, "must be fractions with a sum below 1"),
        ({"dev_share": -0.1}, "must be fractions"),
        ({"dev_share": float("nan")}, "must be fractions"),
        ({"dev_share": 0.5, "split": "train"}, "--split puts all sentences"),
        ({"split": "tset"}, "unknown split 'tset'; did you mean 'test'"),
        ({"form": "xml"}, "unknown format 'xml'"),
        ({"polarity_map": ["-1=bad"]}, "unknown polarity 'bad'"),
        ({"task": "asta"}, "unknown task 'asta'"),
    ],
)
def test_wrong_options_write_nothing(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        build(**{"files": [put(tmp_path / "a.seg", SEG)], "task": "atsa", "out": tmp_path / "set", **options})
    assert not (tmp_path / "set").exists()


def test_a_second_call_may_say_the_same_and_nothing_else(tmp_path: Path) -> None:
    path = put(tmp_path / "a.seg", SEG)
    build([path], "atsa", tmp_path / "set", dev_share=0.5)
    before = {file: file.read_bytes() for file in (tmp_path / "set").iterdir()}
    assert sorted(file.name for file in before) == ["dev.json", "train.json"]
    build([path], "atsa", tmp_path / "set", dev_share=0.5)
    put(path, SEG.replace("kind", "rude"))
    with pytest.raises(UserError, match=r"\.json exists with other content"):
        build([path], "atsa", tmp_path / "set", dev_share=0.5)
    assert {file: file.read_bytes() for file in (tmp_path / "set").iterdir()} == before


def test_sentences_in_two_parts_of_a_set_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "a.seg", SEG)
    made = build([path], "atsa", tmp_path / "set", split="train")
    assert "stand in" not in capsys.readouterr().err
    build([path], "atsa", tmp_path / "set", split="test")
    told = f"{made['splits']['train']['sentences']} sentences are in both train and test"
    assert told in capsys.readouterr().err


def test_the_folder_of_another_stage_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    put(tmp_path / "a.seg", SEG)
    Stage("corpus", out, {}, {}).begin()
    Stage("corpus", out, {}, {}).finish({})
    with pytest.raises(UserError, match=r"corpus has other files \(manifest.json\); name another folder"):
        build([tmp_path / "a.seg"], "atsa", out)
    assert sorted(file.name for file in out.iterdir()) == ["manifest.json"]


@pytest.mark.parametrize("mark", ["run.json", "benchmark.json", "pyproject.toml", "responses.sqlite", "config.json"])
def test_the_folder_of_a_run_a_model_or_a_checkout_is_left_alone(tmp_path: Path, mark: str) -> None:
    source, out = put(tmp_path / "a.seg", SEG), tmp_path / "out"
    out.mkdir()
    put(out / mark, "{}")
    with pytest.raises(UserError, match=f"has other files .{mark}."):
        build([source], "atsa", out)
    with pytest.raises(UserError, match="is a file; name a folder"):
        build([source], "atsa", out / mark)
    assert [file.name for file in out.iterdir()] == [mark]
    if mark in ("run.json", "benchmark.json"):
        with pytest.raises(UserError, match="has other files"):
            build([source], "atsa", out / "cells")
