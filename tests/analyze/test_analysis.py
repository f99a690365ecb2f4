"""From a table to a file of opinions: every column kept, nothing lost by a kill, nothing done twice."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from tests.analyze.stand_in import Dictionary, invented, missing, put, source

from aspectra.analyze import reading
from aspectra.analyze.analysis import analyze
from aspectra.analyze.opinions import FIELDS
from aspectra.analyze.output import OWN
from aspectra.analyze.record import Record
from aspectra.analyze.source import Source
from aspectra.errors import AspectraError, UserError
from aspectra.tables import write_jsonl, write_parquet

ROWS = invented(60)
SMALL = [
    {"id": "a", "text": "The room was dirty. The <b> was lovely!", "category": "hotel", "stars": "2"},
    {"id": "b", "text": "We stayed for two nights.", "category": "hotel", "stars": "3"},
    {"id": "c", "text": "Hm.\n\nOur front\u2028desk was slow; the room was great.", "category": "=x", "stars": "5"},
]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZE", 8)


def job(folder: Path, rows: list[dict[str, str]] = SMALL, **given: Any) -> dict[str, Any]:
    """What `analyze` is called with."""
    table = folder / "reviews.csv"
    if not table.exists():
        put(table, rows)
    return {"reviews": table, "source": source(), "out": folder / "out.parquet"} | given


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        found: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return found
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def asked(log: Path) -> list[tuple[str, int]]:
    return [(pid, int(count)) for pid, count in (line.split() for line in log.read_text().splitlines())]


def test_a_row_an_opinion_with_all_columns(tmp_path: Path) -> None:
    figures = analyze(**job(tmp_path))["figures"]
    rows = read(tmp_path / "out.parquet")
    assert [(r["review_row"], r["review_id"], r["target"], r["polarity"]) for r in rows] == [
        (1, "a", "room", "negative"),
        (1, "a", "<b>", "positive"),
        (3, "c", "front\u2028desk", "negative"),
        (3, "c", "room", "positive"),
    ]
    # The reviews' own category makes way, and everything else is as it was.
    assert list(rows[0]) == [*OWN, "id", "text", "review_category", "stars"]
    texts = {row["id"]: row for row in SMALL}
    for row in rows:
        given = texts[row["id"]]
        assert (row["text"], row["review_category"], row["stars"]) == (given["text"], given["category"], given["stars"])
        assert row["text"][row["start"] : row["end"]] == row["target"]
        assert row["target"] in row["sentence"] and row["sentence"] in row["text"]
    assert [row["sentence"] for row in rows[:2]] == ["The room was dirty.", "The <b> was lovely!"]
    # A review without an opinion has no row, but is counted.
    assert (figures["reviews"], figures["without_opinion"], figures["opinions"]) == (3, 1, 4)
    assert not (tmp_path / "out.parquet.parts").exists()


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_every_format_says_the_same(tmp_path: Path, suffix: str) -> None:
    analyze(**job(tmp_path))
    analyze(**job(tmp_path, out=tmp_path / f"out.{suffix}"))

    def text(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
        return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]

    assert text(read(tmp_path / f"out.{suffix}")) == text(read(tmp_path / "out.parquet"))


def test_types_of_the_columns_are_kept(tmp_path: Path) -> None:
    rows = [
        {"text": "The room was dirty.", "n": 1, "share": 1, "tags": ["x", 2], "ok": True, "mixed": "a", "void": None},
        {"text": "The room was great.", "n": None, "share": 0.5, "big": 1 << 70, "mixed": 3, "odd": "\ud83d!"},
    ]
    table = tmp_path / "r.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    analyze(table, source(), tmp_path / "out.parquet")
    found = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    kinds = {field.name: str(field.type) for field in found.schema}
    assert {name: kinds[name] for name in ("n", "share", "tags", "ok", "mixed", "big")} == {
        "n": "int64", "share": "double", "tags": "string", "ok": "bool", "mixed": "string", "big": "string",
    }  # fmt: skip
    one, two = found.to_pylist()
    assert (one["n"], one["share"], one["tags"], one["ok"], one["mixed"]) == (1, 1.0, '["x", 2]', True, "a")
    assert (two["n"], two["big"], two["mixed"], two["odd"]) == (None, str(1 << 70), "3", "?!")
    # Parquet has its own types, lists too.
    again = tmp_path / "again.parquet"
    write_parquet(again, [{"text": "The room was dirty.", "n": [1, 2]}], pyarrow.schema(
        [("text", pyarrow.dictionary(pyarrow.int32(), pyarrow.string())), ("n", pyarrow.list_(pyarrow.int8()))]
    ))  # fmt: skip
    analyze(again, source(), tmp_path / "out2.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "out2.parquet").column("n").to_pylist() == [[1, 2]]


def test_a_kill_loses_no_finished_part(tmp_path: Path) -> None:
    whole, log = tmp_path / "whole", tmp_path / "log"
    whole.mkdir()
    manifest = analyze(**job(whole, ROWS))
    with pytest.raises(RuntimeError, match="killed"):
        analyze(**job(tmp_path, ROWS, source=source(log, dies_after=80)))
    kept = sorted((tmp_path / "out.parquet.parts").glob("*.part"))
    assert kept and not (tmp_path / "out.parquet").exists()
    before = [path.stat().st_mtime_ns for path in kept]
    done = sum(count for _, count in asked(log)[: len(kept)])
    log.unlink()
    again = analyze(**job(tmp_path, source=source(log)))
    assert again["figures"] == manifest["figures"]
    assert (tmp_path / "out.parquet").read_bytes() == (whole / "out.parquet").read_bytes()
    assert before and sum(count for _, count in asked(log)) == sum(texts(ROWS)) - done


def texts(rows: list[dict[str, str]]) -> list[int]:
    """Sentences of each review."""
    from aspectra.sentences import sentences

    return [len(sentences(row["review"])) for row in rows]


def test_a_finished_one_is_not_done_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, report = tmp_path / "log", tmp_path / "report.html"
    first = job(tmp_path, ROWS, source=source(log))
    manifest = analyze(**first)
    count = len(asked(log))
    assert analyze(**first) == manifest
    assert "nothing to do" in capsys.readouterr().err
    # A report afterwards needs no model, and says what it would have said at once.
    with_report = first | {"report": report, "by": ("store",)}
    later = analyze(**with_report)
    assert len(asked(log)) == count and report.exists()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    at_once = analyze(**job(fresh, ROWS, report=fresh / "report.html", by=("store",)))
    assert later["figures"] == at_once["figures"]
    page = report.read_bytes()
    assert analyze(**with_report)["figures"] == later["figures"]
    report.unlink()
    analyze(**with_report)
    assert report.read_bytes() == page and len(asked(log)) == count
    # Another model, or another table, is another work.
    for other in ({"source": source(name="other")}, {"limit": 5}):
        with pytest.raises(UserError, match="--replace"):
            analyze(**first | other)
    assert analyze(**first, limit=5, replace=True)["figures"]["reviews"] == 5


def test_an_output_of_the_version_before_is_known_for_what_it_is(tmp_path: Path) -> None:
    """These keys were made before the command fell into its four steps: whatever changes them makes all work new."""
    keys = {
        "out.csv": "8d41f64c00e67e346ab4ec39dc164e5d5f744f3ba2a99914c90c089e4e8641f4",
        "safe.csv": "10359ece4463b334f35dfd33a261a3063b85f6ac9437ab97ab91ed0a9cd1f777",
    }
    for name, key in keys.items():
        manifest = analyze(**job(tmp_path, out=tmp_path / name), excel_safe=name == "safe.csv", limit=2)
        assert manifest["key"] == key
    assert list(manifest) == [
        "stage", "key", "inputs", "reviews", "model", "config", "figures", "passed_over", "outputs",
        "versions", "commit", "machine", "seconds", "created",
    ]  # fmt: skip
    assert list(manifest["config"]) == [
        "version", "text_column", "skip_bad_rows", "limit", "excel_safe", "report", "title", "by", "date", "language",
        "meanings", "topics", "stars",
    ]  # fmt: skip


def test_unfinished_parts_of_another_model_are_not_taken(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        analyze(**job(tmp_path, ROWS, source=source(dies_after=80)))
    with pytest.raises(UserError, match="unfinished analyze"):
        analyze(**job(tmp_path, ROWS, source=source(name="other")))
    analyze(**job(tmp_path, ROWS, source=source(name="other"), replace=True))


def test_workers_keep_the_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    analyze(**job(tmp_path, ROWS))
    analyze(**job(tmp_path, out=tmp_path / "two.parquet", source=source(log), workers=2))
    assert read(tmp_path / "two.parquet") == read(tmp_path / "out.parquet")
    pids = {pid for pid, _ in asked(log)}
    assert str(os.getpid()) not in pids and 1 <= len(pids) <= 2


def test_what_ends_a_worker_is_told(tmp_path: Path) -> None:
    for predictor, told in (
        (missing, "'PATH\\[deploy\\]'"),
        (partial(Dictionary, None, 20, True), "fewer --workers"),
    ):
        with pytest.raises(AspectraError, match=told):
            analyze(**job(tmp_path, ROWS, source=Source("x", predictor, "x"), workers=2))
    assert analyze(**job(tmp_path, source=source(name="x")))["figures"]["reviews"] == 60


def test_stopped_before_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(self: Record, *_: Any) -> dict[str, Any]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Record, "manifest", stop)
        analyze(**job(tmp_path, ROWS))
    assert (tmp_path / "out.parquet").exists()
    with pytest.raises(UserError, match="other settings; overwrite it with --replace, or name another --out"):
        analyze(**job(tmp_path, source=source(name="other")))
    assert analyze(**job(tmp_path, source=source(dies_after=0)))["figures"]["reviews"] == 60


def test_a_file_that_is_not_ours_stays(tmp_path: Path) -> None:
    (tmp_path / "out.parquet").write_bytes(b"mine")
    with pytest.raises(UserError, match="was not made by `aspectra analyze`; name another --out"):
        analyze(**job(tmp_path))
    assert (tmp_path / "out.parquet").read_bytes() == b"mine"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    manifest = analyze(**job(tmp_path, ROWS))
    text = (tmp_path / "reviews.csv").read_text()
    if kind == "jsonl":
        text = "\ufeff" + "".join(json.dumps(row) + "\n" for row in ROWS)
    stream = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    piped = analyze(Path("-"), source(), tmp_path / "piped.parquet")
    assert piped["figures"] == manifest["figures"] and piped["reviews"] == "standard input"
    assert sorted(path.name for path in tmp_path.glob("piped*")) == ["piped.parquet", "piped.parquet.manifest.json"]


def test_bad_rows(tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("id,text\n1,The room was dirty.\n2,\n3,The room was great.\n4,a,b\n")
    log = tmp_path / "log"
    one = job(tmp_path, source=source(log), out=tmp_path / "out.jsonl")
    with pytest.raises(UserError, match=r"reviews\.csv, line 3: no text .*--skip-bad-rows"):
        analyze(**one)
    assert not log.exists() and sorted(path.name for path in tmp_path.iterdir()) == ["reviews.csv"]
    manifest = analyze(**one, skip_bad_rows=True)
    assert manifest["passed_over"] == {"empty text": 1, "too many fields": 1}
    assert [row["review_row"] for row in read(one["out"])] == [1, 3]


@pytest.mark.parametrize("field", FIELDS)
def test_a_column_with_a_name_of_ours_is_renamed(tmp_path: Path, field: str) -> None:
    rows = [{"text": "The room was dirty.", field: "mine", f"review_{field}": "also mine"}]
    table = put(tmp_path / "reviews.csv", rows)
    analyze(table, source(), tmp_path / "out.jsonl")
    (found,) = read(tmp_path / "out.jsonl")
    assert found[f"review_{field}"] == "also mine" and found[f"review_{field}_"] == "mine" != found[field]


def test_formulas(tmp_path: Path) -> None:
    cells = ["=1+1", "+44 20", "-5", "-5.5e3", "- bad", "@cmd", "\tx", "a=b", "＝1", ""]
    table = put(tmp_path / "r.csv", [{"text": "The =room was dirty.", "=head": cell} for cell in cells])
    one: dict[str, Any] = {"reviews": table, "source": source(), "out": tmp_path / "out.csv"}
    analyze(**one, excel_safe=True)
    rows = read(one["out"])
    assert [row["'=head"] for row in rows] == [
        "'=1+1",
        "'+44 20",
        "-5",
        "-5.5e3",
        "'- bad",
        "'@cmd",
        "'\tx",
        "a=b",
        "'＝1",
        "",
    ]
    assert {row["target"] for row in rows} == {"'=room"}
    again = analyze(**one, excel_safe=True, report=tmp_path / "r.html")["figures"]
    assert [row["label"] for row in again["targets"]["rows"]] == ["=room"], "counted from the file"
    with pytest.raises(UserError, match="--replace"):
        analyze(**one)
    analyze(**one, replace=True)
    assert [row["=head"] for row in read(one["out"])] == cells
    with pytest.raises(UserError, match=r"--excel-safe needs an --out that ends in \.csv"):
        analyze(**one | {"out": tmp_path / "o.parquet"}, excel_safe=True)


def test_what_is_wrong_is_told_before_the_model_is_loaded(tmp_path: Path) -> None:
    log, other = tmp_path / "log", tmp_path / "mine.html"
    other.write_text("<h1>My page</h1>")
    good = job(tmp_path, ROWS, source=source(log))
    write_jsonl(tmp_path / "empty.jsonl", [])
    (tmp_path / "head.csv").write_text("id,review\n", encoding="utf-8")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"out": tmp_path / "o.xlsx"}, r"\.parquet, \.csv, \.jsonl"),
        ({"out": tmp_path}, "name a file that ends in"),
        ({"out": good["reviews"]}, "is the file of the reviews"),
        ({"reviews": tmp_path / "no.csv"}, "no file"),
        ({"reviews": tmp_path / "empty.jsonl"}, r"has no reviews \(it is empty"),
        ({"reviews": tmp_path / "head.csv"}, r"has no reviews \(it has no rows"),
        ({"text_column": "words"}, "no column 'words'"),
        ({"by": ("shop",)}, r"no column 'shop' for --by\. It has: id, date, store, category, review"),
        ({"date_column": "when"}, "no column 'when' for --date"),
        ({"date_column": "store"}, "has no readable dates"),
        ({"language": "xx"}, "unknown language 'xx'"),
        ({"report": tmp_path / "r.pdf"}, r"ends in \.html"),
        ({"report": other}, "not a report of analyze"),
        ({"report": other / "r.html"}, "is not a folder that you may write to"),
        ({"out": other / "o.csv"}, "is not a folder that you may write to"),
    ]
    for change, told in wrong:
        with pytest.raises(UserError, match=told):
            analyze(**good | change)
    assert not log.exists() and other.read_text() == "<h1>My page</h1>"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.jsonl", "head.csv", "mine.html", "reviews.csv"]


def test_an_output_of_another_run_says_what_differs(tmp_path: Path) -> None:
    first = job(tmp_path)
    analyze(**first)
    told = r"made with other settings or input \(--text-column, --limit\); overwrite it with --replace"
    with pytest.raises(UserError, match=told):
        analyze(**first | {"text_column": "text", "limit": 2})
    for name, changed in (("dictionary from 0.5", "--min-confidence"), ("another", "model")):
        with pytest.raises(UserError, match=rf"other settings or input \({changed}\)"):
            analyze(**first | {"source": source(name=name)})
    put(first["reviews"], [*SMALL, SMALL[0]])
    with pytest.raises(UserError, match=r"\(reviews\)"):
        analyze(**first)
    analyze(**first | {"encoding": "cp1252"}, replace=True)
    with pytest.raises(UserError, match=r"\(--encoding\)"):  # an older version's outputs have no encoding
        analyze(**first)


def test_a_folder_that_holds_no_student_leaves_nothing_behind(tmp_path: Path) -> None:
    from aspectra.analyze.source import student

    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "config.json").write_text("{}")
    with pytest.raises(UserError, match="has no weights"):
        analyze(**job(tmp_path, source=student(tmp_path / "junk")))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["junk", "reviews.csv"]


def test_a_table_without_opinions(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    rows = [{"text": "We stayed."}, {"text": "We left."}]
    manifest = analyze(**job(tmp_path, rows, report=report, by=("text",)))
    assert manifest["figures"]["without_opinion"] == 2 and read(tmp_path / "out.parquet") == []
    assert "No opinion was found in 2 reviews." in report.read_text()


def test_html_ends_sentences_and_stays_in_the_file_alone(tmp_path: Path) -> None:
    text = "The room was dirty<br />The &quot;bar&quot; was lovely</p>Our fish &amp; chips were cold &lt;3"
    put(tmp_path / "reviews.csv", [{"text": text}])
    figures = analyze(**job(tmp_path))["figures"]
    rows = read(tmp_path / "out.parquet")
    assert [(row["target"], row["polarity"]) for row in rows] == [("room", "negative")]
    assert [row["sentence"] for row in rows] == ["The room was dirty"]
    assert [row["text"] for row in rows] == [text]
    assert figures["reviews"] == 1


def test_a_file_for_excel_begins_with_a_mark_and_is_read_again(tmp_path: Path) -> None:
    put(tmp_path / "reviews.csv", [{"text": "The room was great, déjà vu 😍."}])
    safe, plain = (job(tmp_path, out=tmp_path / f"{name}.csv") for name in ("safe", "plain"))
    analyze(**safe, excel_safe=True)
    analyze(**plain)
    mark, text = b"\xef\xbb\xbf", plain["out"].read_bytes()
    assert safe["out"].read_bytes() == mark + text and not text.startswith(mark)
    again = analyze(**safe, excel_safe=True, report=tmp_path / "r.html")["figures"]
    assert again["opinions"] == 1, "counted from the file, without the model"
