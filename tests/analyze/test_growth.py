"""An output that grows: what is new is read, once, and all is counted as if it had been read at once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from tests.analyze.stand_in import Dictionary, invented, put, source

from aspectra.analyze import growth, reading, record
from aspectra.analyze.analysis import analyze
from aspectra.analyze.sample import sample
from aspectra.analyze.source import Source
from aspectra.errors import UserError
from aspectra.lock import held
from aspectra.readers.extraction import Extraction
from aspectra.sentences import sentences
from aspectra.tables import write_jsonl, write_parquet

ROWS = invented(60)
SUFFIXES = ("parquet", "csv", "jsonl")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZE", 8)


def grow(folder: Path, rows: list[dict[str, Any]] | Path, reader: Source | None = None, **given: Any) -> dict[str, Any]:
    table = rows if isinstance(rows, Path) else put(folder / "reviews.csv", rows)
    return analyze(table, reader or source(), given.pop("out", folder / "out.parquet"), append=True, **given)


def asked(log: Path) -> int:
    """Sentences that the reader was asked about."""
    return sum(int(line.split()[1]) for line in log.read_text().splitlines()) if log.exists() else 0


def said(rows: list[dict[str, str]]) -> int:
    return sum(len(sentences(row["review"])) for row in rows)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def once(folder: Path, rows: list[dict[str, str]], **given: Any) -> dict[str, Any]:
    """The same reviews read at once, without --append, by files that are not in the way."""
    folder = folder / "once"
    folder.mkdir()
    out = folder / given.pop("out", "out.parquet")
    figures: dict[str, Any] = analyze(put(folder / "reviews.csv", rows), source(), out, **given)["figures"]
    return figures


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_grew_is_as_if_it_had_been_read_at_once(tmp_path: Path, suffix: str) -> None:
    log, out, by = tmp_path / "log", tmp_path / f"out.{suffix}", {"by": ("store",)}
    grow(tmp_path, ROWS[:40], source(log), out=out)
    assert asked(log) == said(ROWS[:40])
    report = tmp_path / "report.html"
    manifest = grow(tmp_path, ROWS, source(log), out=out, report=report, **by)
    assert asked(log) == said(ROWS), "each review is read once"
    assert manifest["figures"] == once(tmp_path, ROWS, out=out.name, **by)
    assert report.exists() and manifest["reviews"] == "reviews.csv"
    if suffix == "parquet":
        tables = [pyarrow.parquet.read_table(path).to_pylist() for path in (out, tmp_path / "once" / out.name)]
        assert tables[0] == tables[1]
    else:
        assert out.read_bytes() == (tmp_path / "once" / out.name).read_bytes()


def test_of_other_files_all_that_was_not_there_is_new(tmp_path: Path) -> None:
    log, days = tmp_path / "log", [tmp_path / f"{day}.csv" for day in ("monday", "tuesday")]
    put(days[0], ROWS[:30]), put(days[1], ROWS[20:])
    for day in days:
        manifest = grow(tmp_path, day, source(log))
    assert manifest["reviews"] == "monday.csv and 1 more" and manifest["files"] == ["monday.csv", "tuesday.csv"]
    assert manifest["figures"] == once(tmp_path, ROWS) and asked(log) == said(ROWS)


def test_what_stands_more_often_is_new_so_many_times(tmp_path: Path) -> None:
    same = {"text": "The room was dirty.", "n": "1"}
    assert grow(tmp_path, [same])["figures"]["reviews"] == 1
    assert grow(tmp_path, [same, same, same])["figures"]["reviews"] == 3
    assert grow(tmp_path, [same, same])["figures"]["reviews"] == 3
    assert grow(tmp_path, [same | {"n": "2"}])["figures"]["reviews"] == 4, "another row, though the text is the same"


def test_with_nothing_new_nothing_is_done_but_other_figures_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, never = grow(tmp_path, ROWS), source(dies_after=0)
    before = (tmp_path / "out.parquet").read_bytes()
    capsys.readouterr()
    assert grow(tmp_path, list(reversed(ROWS[:20])), never) == first, "whatever the order"
    assert capsys.readouterr().err == "nothing is new in reviews.csv\n"
    other = grow(tmp_path, ROWS, never, by=("store",), report=tmp_path / "r.html")
    assert other["figures"]["by"][0]["column"] == "store" and (tmp_path / "r.html").exists()
    assert sum(row["reviews"] for row in other["figures"]["by"][0]["rows"]) == 60, "those without an opinion too"
    assert (tmp_path / "out.parquet").read_bytes() == before
    names = ["out.parquet", "out.parquet.manifest.json", "out.parquet.reviews.parquet", "r.html", "reviews.csv"]
    assert files(tmp_path) == names


def test_stopped_while_it_reads_it_goes_on_though_the_file_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(tmp_path, ROWS[:20])
    whole = (tmp_path / "out.parquet").read_bytes()
    with pytest.raises(RuntimeError, match="killed"):
        grow(tmp_path, ROWS[:45], source(dies_after=said(ROWS[20:36])))
    assert (tmp_path / "out.parquet").read_bytes() == whole, "the output is as it was"
    (tmp_path / "out.parquet").rename(tmp_path / "away")
    with pytest.raises(UserError, match=r"out\.parquet\.parts goes on from .*; put them back, or delete the folder"):
        grow(tmp_path, ROWS)
    (tmp_path / "away").rename(tmp_path / "out.parquet")
    assert grow(tmp_path, ROWS, source(log))["figures"] == once(tmp_path, ROWS)
    assert asked(log) == said(ROWS[36:]), "what was read before the stop is not read again"


@pytest.mark.parametrize("step", ["join", "write_opinions", "write_json", "survey"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_stopped_at_any_step_of_the_end_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, suffix: str
) -> None:
    where = record if step == "write_json" else growth
    out, did = tmp_path / f"out.{suffix}", getattr(where, step)

    def stopped(*given: Any, **more: Any) -> None:
        if after:
            did(*given, **more)
        raise KeyboardInterrupt

    for rows in (ROWS[:20], ROWS):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(where, step, stopped)
            grow(tmp_path, rows, out=out)
        manifest = grow(tmp_path, rows, source(dies_after=0), out=out)
    assert manifest["figures"] == once(tmp_path, ROWS)
    assert not (tmp_path / f"{out.name}.parts").exists()


def test_stopped_while_the_parts_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def few(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        if path.suffix == ".part":
            raise KeyboardInterrupt

    for rows in (ROWS[:30], ROWS[:45], ROWS):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Path, "unlink", few)
            grow(tmp_path, rows)
    assert grow(tmp_path, ROWS)["figures"] == once(tmp_path, ROWS)


def test_what_does_not_fit_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    grow(tmp_path, ROWS[:20])
    more = put(tmp_path / "more.csv", [row | {"store": "x"} for row in ROWS])
    wide = put(tmp_path / "wide.csv", [row | {"floor": "1"} for row in ROWS])
    slim = put(tmp_path / "slim.csv", [{"review": row["review"]} for row in ROWS])
    plain = tmp_path / "plain.parquet"
    analyze(more, source(), plain)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"reader": source(name="other")}, "was read by another model"),
        ({"reader": source(name="dictionary from 0.5")}, "was made with --min-confidence 0; give the same"),
        ({"text_column": "category"}, "the texts of .* are of column 'review', not 'category'; give --text-column"),
        ({"id_column": "store"}, "the ids of .* are of column 'id', not 'store'; give --id-column"),
        ({"rows": wide}, "other columns than the reviews of .*'floor' is new"),
        ({"rows": slim}, "'id' is missing, 'date' is missing"),
        ({"by": ("floor",)}, "no column 'floor'"),
        ({"replace": True}, "--append keeps what is there, --replace overwrites it"),
        ({"out": plain}, "was made without --append"),
    ]
    for change, told in wrong:
        with pytest.raises(UserError, match=told):
            given: dict[str, Any] = {"rows": more, "reader": source(dies_after=0)} | change
            grow(tmp_path, **given)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before, told
    with pytest.raises(UserError, match="with --replace, or add the new reviews to it with --append"):
        analyze(more, source(), out)
    with held(out), pytest.raises(UserError, match=r"another run \(process \d+\) is writing to .*out\.parquet"):
        grow(tmp_path, more)
    for changed in (out, tmp_path / "out.parquet.reviews.parquet"):
        kept = changed.read_bytes()
        changed.write_bytes(before[plain])
        with pytest.raises(UserError, match="was changed or removed"):
            grow(tmp_path, more)
        changed.write_bytes(kept)
    (tmp_path / "out.parquet.manifest.json").unlink()
    with pytest.raises(UserError, match=r"has no out\.parquet\.manifest\.json beside it"):
        grow(tmp_path, more)


def test_excel_safe_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    grow(tmp_path, ROWS[:30], out=out, excel_safe=True)
    with pytest.raises(UserError, match="was made with --excel-safe; call it so again"):
        grow(tmp_path, ROWS, out=out)
    grow(tmp_path, ROWS, out=out, excel_safe=True)
    once(tmp_path, ROWS, out="out.csv", excel_safe=True)
    assert out.read_bytes() == (tmp_path / "once" / "out.csv").read_bytes()


def test_a_guarded_target_keeps_its_name(tmp_path: Path) -> None:
    rows = [{"review": f"The {target} was great. The room was dirty."} for target in ("=room", "- bed", "'=bar")]
    out = tmp_path / "out.csv"
    grow(tmp_path, rows[:1], out=out, excel_safe=True)
    figures = grow(tmp_path, rows, out=out, excel_safe=True)["figures"]
    assert {row["label"] for row in figures["targets"]["rows"]} == {"=room", "- bed", "'=bar", "room"}
    assert figures == once(tmp_path, rows, out="out.csv", excel_safe=True)


def test_a_model_that_cannot_be_loaded_leaves_nothing_behind(tmp_path: Path) -> None:
    def none() -> Dictionary:
        raise UserError("no weights")

    for rows in (ROWS[:20], ROWS):
        before = files(tmp_path)
        with pytest.raises(UserError, match="no weights"):
            grow(tmp_path, rows, Source("dictionary", none, "dictionary"))
        assert files(tmp_path) == sorted({*before, "reviews.csv"})
        grow(tmp_path, rows)


def test_formats_may_change_from_day_to_day(tmp_path: Path) -> None:
    """CSV has text where Parquet has numbers, and a data frame writes whole numbers as 5.0 beside an empty cell."""
    day: list[dict[str, Any]] = [
        {"text": "The room was dirty.", "stars": 5},
        {"text": "The bar was great.", "stars": 4},
    ]
    more = [*day, {"text": "The bed was lovely.", "stars": None}]
    kinds = [("text", pyarrow.string()), ("stars", pyarrow.int64())]
    one, two, three = (tmp_path / name for name in ("one.parquet", "two.parquet", "three.jsonl"))
    write_parquet(one, day, pyarrow.schema(kinds))
    write_parquet(two, more, pyarrow.schema([kinds[0], ("stars", pyarrow.float64())]))
    write_jsonl(three, [*more, {"text": "The pool was cold."}])
    counts = [grow(tmp_path, table)["figures"]["reviews"] for table in (one, two, three)]
    assert counts == [2, 3, 4]
    found = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert found.column("stars").to_pylist() == [5.0, 4.0, None, None]
    text = put(tmp_path / "four.csv", [{"text": "Hm.", "stars": "many"}])
    with pytest.raises(UserError, match=r"column 'stars' of .*four\.csv holds string, and that of the reviews"):
        grow(tmp_path, text)
    # The other way round everything can be text.
    out = tmp_path / "texts.parquet"
    assert [grow(tmp_path, table, out=out)["figures"]["reviews"] for table in (text, two)] == [1, 4]
    assert pyarrow.parquet.read_table(out).column("stars").to_pylist() == ["5.0", "4.0", None]


def test_what_was_cut_or_left_out_is_counted_over_all(tmp_path: Path) -> None:
    class Choosy(Dictionary):
        def extract(self, texts: Any) -> list[Extraction]:
            return [Extraction(each.text, each.opinions, (), each.cut, under=2) for each in super().extract(texts)]

    reader = Source("choosy", Choosy, "choosy")
    rows = [{"text": "Hm (cut)."}, {"text": "The room was dirty."}, {"text": "Not cut."}]
    for count in (1, 3):
        figures = grow(tmp_path, rows[:count], reader)["figures"]
        assert (figures["cut"], figures["under"]) == (1, 2 * count)


def test_the_reviews_of_an_output_that_grew_can_be_checked(tmp_path: Path) -> None:
    for rows in (ROWS[:20], ROWS):
        grow(tmp_path, rows)
    drawn = sample(tmp_path / "out.parquet.reviews.parquet", tmp_path / "out.parquet", 10_000, 0)
    assert (
        drawn["of"] == said(ROWS)
        and sum(len(each["opinions"]) for each in drawn["sentences"])
        == (json.loads((tmp_path / "out.parquet.manifest.json").read_text())["figures"]["opinions"])
    )


def test_rows_passed_over_and_numbers_that_go_on(tmp_path: Path) -> None:
    table, out = tmp_path / "reviews.csv", tmp_path / "out.csv"
    table.write_text('text\n""\nThe room was dirty.\nHm.\n')
    assert grow(tmp_path, table, out=out, skip_bad_rows=True)["passed_over"] == {"empty text": 1}
    table.write_text("text\nThe bar was cold.\nThe bed was dirty.\n")
    grow(tmp_path, table, out=out)
    with out.open(newline="") as stream:
        numbers = [(row["review_row"], row["review_id"]) for row in csv.DictReader(stream)]
    assert numbers == [("2", "row-2"), ("4", "row-4"), ("5", "row-5")]


def test_made_anew_without_it_nothing_is_kept(tmp_path: Path) -> None:
    grow(tmp_path, ROWS[:20])
    analyze(tmp_path / "reviews.csv", source(), tmp_path / "out.parquet", replace=True)
    assert files(tmp_path) == ["out.parquet", "out.parquet.manifest.json", "reviews.csv"]


def test_columns_are_judged_by_all_reviews(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "The room was great.", "date": f"2024-03-{n:02}", "stars": str(n % 5 + 1)} for n in range(1, 29)
    ]
    grow(tmp_path, rows)
    odd = [{"text": "The room was dirty.", "date": "2024-13-45", "stars": "none yet"}]
    figures = grow(tmp_path, odd, report=tmp_path / "r.html")["figures"]
    assert figures["time"]["column"] == "date"
    assert "the report has no" not in capsys.readouterr().err
