"""The benchmark's report: what it shows, what it leaves out, and that it is one safe file."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.report.invented import SENTENCES, SYSTEMS, invented

from aspectra.report import benchmark, frame
from aspectra.schema import Example, Opinion

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """The page as a browser without scripts has it: elements, visible text, and whether the tags close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, bool]] = []
        self.shown: list[str] = []
        self.inside: dict[str, list[str]] = {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, "hidden" in dict(attrs) or tag in ("script", "style", "svg")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in ("script", "style", "h2", "h3"):
            self.inside.setdefault(self.open[-1][0], []).append(data)
        if not any(hidden for _, hidden in self.open):
            self.shown.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.shown).split())

    def all(self, tag: str | None = None, **wanted: str) -> list[dict[str, str | None]]:
        pairs = [(key.rstrip("_").replace("_", "-"), value) for key, value in wanted.items()]
        return [
            found for name, found in self.elements if tag in (None, name) and all(found.get(k) == v for k, v in pairs)
        ]


def report(folder: Path, **given: Any) -> tuple[Page, str]:
    """Both files of an invented benchmark."""
    return written(folder, invented(folder, **given))


def written(folder: Path, results: dict[str, Any]) -> tuple[Page, str]:
    benchmark.write(results, folder)
    return Page((folder / "report.html").read_text()), (folder / "report.md").read_text()


def hostile() -> tuple[Example, ...]:
    text = f"The {EVIL} and a | pipe."
    return (Example(EVIL, text, (Opinion(EVIL, f"A#{EVIL}", "positive", 4, 4 + len(EVIL)),)), *SENTENCES)


def test_two_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    report(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"cells", "report.html", "report.md"}


def test_the_page_opens_with_strict_scores_of_all_sentences_of_the_first_set(tmp_path: Path) -> None:
    page, _ = report(tmp_path)
    assert "strict scoring, all sentences: 3 sentences" in page.text
    assert "paper scoring, all" not in page.text
    for part in page.all():
        view = [part.get(key) for key in ("data-set", "data-scoring", "data-subset")]
        if any(view):
            default = all(v in (None, first) for v, first in zip(view, ("s0", "strict", "all"), strict=True))
            assert ("hidden" not in part) == default
    assert len(page.all("section", data_set="s1")) == 1


def test_a_row_has_mean_interval_deviation_and_range(tmp_path: Path) -> None:
    page, text = report(tmp_path)
    # The student is always right: F1 of its two seeds is 98 and 96 after what `invented` takes off.
    assert "tiny 97.00 92.00 to 102.00 2: 1.41 96.00 to 98.00 100.00 100.00 0.06 M 100" in page.text
    assert (
        "| tiny | all labels | 97.00 | 92.00 to 102.00 | 1.41 | 96.00 to 98.00 | 2 | 100.00 | 100.00 | 0.06 M |" in text
    )
    assert "| oracle | no labels | 33.33 |" in text


def test_the_overview_has_the_mean_over_a_tasks_sets_only_for_systems_that_met_them_all(tmp_path: Path) -> None:
    results = invented(tmp_path)
    results["table"] = [r for r in results["table"] if (r["system"], r["data"]) != ("file", "desk")]
    _, text = written(tmp_path, results)
    head, _, *body = [line for line in text.split("## inn")[0].splitlines() if line.startswith("|")]
    assert head == "| system | labels | ATSA inn | ATSA desk | ATSA mean | ACSA inn | ACSA desk | ACSA mean |"
    assert "| file | not stated | 44.44 | – | – | 44.44 | – | – |" in body
    assert body[0] == "| tiny | all | **97.00** | **97.00** | **97.00** | **97.00** | **97.00** | **97.00** |"


def test_time_is_drawn_against_f1_and_systems_without_it_are_named(tmp_path: Path) -> None:
    page, text = report(tmp_path)
    assert "F1 against time" in page.inside["h3"]
    assert "F1 against cost" not in page.inside["h3"]  # one system alone has a price
    assert "Not known for file." in page.text
    assert "On the frontier of F1 against seconds per 1,000 sentences: tiny." in text


def test_a_learning_curve_appears_where_a_student_ran_with_several_shots(tmp_path: Path) -> None:
    assert "Learning curve" not in report(tmp_path / "one")[0].inside["h3"]
    page, text = report(tmp_path / "several", shots=(None, 8))
    assert "Learning curve" in page.inside["h3"]
    assert "All labeled sentences" in page.text and "8 labeled sentences" in page.text
    label = next(svg["aria-label"] for svg in page.all("svg") if "number of labeled" in (svg.get("aria-label") or ""))
    assert label is not None and "tiny 97.00 at 8, 97.00 at all" in label
    assert "| tiny | 8 labels | 97.00 |" in text


def test_what_there_is_nothing_to_show_of_is_left_out(tmp_path: Path) -> None:
    results = invented(tmp_path, {"file": "file"}, [("atsa", "inn")], compare=False, sentences=SENTENCES[2:])
    results["notes"] = results["missing"] = []
    page, text = written(tmp_path, results)
    heads = page.inside["h2"] + page.inside["h3"]
    for head in ("Overview", "Differences", "F1 against time", "Learning curve", "Missing runs", "Keep in mind"):
        assert head not in heads
    assert "Sentences side by side" not in heads and "Missing runs" not in text
    assert page.all("figure") == [] and page.all("svg", role="img") == []
    assert "range of the seeds" not in page.text
    # No sentence is implicit or has several polarities, so there is but one subset to show.
    assert "F1 by subset" not in heads


def test_a_benchmark_whose_every_cell_failed_still_says_why(tmp_path: Path) -> None:
    results = invented(tmp_path) | {"cells": [], "table": [], "comparisons": []}
    page, text = written(tmp_path, results)
    assert "the worker was killed" in page.text
    assert "| tiny.atsa.barn.seed-1 | the worker was killed |" in text


def test_errors_are_told_apart_and_faults_counted(tmp_path: Path) -> None:
    page, text = report(tmp_path)
    # Four gold subjects, two found, one of these with the right polarity; the same for every seed.
    assert "| tiny | 25.00 | 25.00 | 50.00 | 50.00 | 50.00 | 50.00 | 75.00 | 50.00 | 80.00 |" in text
    assert "| oracle | 25.00 | 25.00 | 50.00 | 50.00 | 50.00 | 50.00 | – | 50.00 | – |" in text
    assert "| tiny | negative | positive 2 (100%), negative 0 (0%) |" in text
    assert "| file | 3 | 25.00 | 0.00 | 0.00 | 0.00 |" in text
    assert {"Confusion of polarities", "Faulty outputs"} <= set(page.inside["h3"])


def test_sentences_stand_side_by_side_with_what_is_right_wrong_and_missed(tmp_path: Path) -> None:
    page, text = report(tmp_path)
    assert "Warm bread + , cold soup − . bread + positive soup − negative" in page.text  # gold
    cards = page.all("article")
    # On two sentences of each of four sets somebody is wrong; on the third only the file is.
    assert len(cards) == 4 * 3
    assert {(c["data-right"], c["data-wrong"]) for c in cards} == {("0", "1 2"), ("0 1", "2")}
    assert len([m for m in page.all("mark") if (m["class"] or "").endswith("miss")]) > 0
    assert "file: bread (positive), and 1 unreadable" in text


def test_both_pages_say_that_a_term_is_not_in_the_sentence(tmp_path: Path) -> None:
    results = invented(tmp_path)
    for path in tmp_path.glob("cells/file.atsa*/predictions.jsonl"):
        path.write_text(path.read_text().replace("; unicorn", "; unicorn | neutral"))
    _, text = written(tmp_path, results)
    assert "file: bread (positive), unicorn (neutral, not in the sentence)" in text
    assert '<span class="verdict">not in the sentence</span>' in (tmp_path / "report.html").read_text()


def test_both_pages_tell_an_answer_that_could_not_be_read_from_no_opinion(tmp_path: Path) -> None:
    results = invented(tmp_path)
    for path in tmp_path.glob("cells/oracle.atsa*/predictions.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        lost: dict[str, Any] = {
            "raw": None,
            "opinions": [],
            "parsed": False,
            "answer": f"I liked the bread. {EVIL}{'!' * 1000}",
        }
        path.write_text("".join(json.dumps(row | lost) + "\n" for row in rows))
    _, text = written(tmp_path, results)
    assert "wrong, oracle: an answer that could not be read" in text
    assert "oracle: no opinion" not in text.partition("acsa")[0]
    html = (tmp_path / "report.html").read_text()
    assert "its answer could not be read: <code>I liked the bread. &lt;script&gt;" in html
    assert "!" * 301 not in html, "as much of it as shows what is wrong"


def test_a_set_without_predictions_beside_it_has_no_sentences(tmp_path: Path) -> None:
    results = invented(tmp_path / "elsewhere")
    page, text = written(tmp_path, results)
    assert "Sentences side by side" not in page.inside["h2"]
    assert "one system gets right" not in text


def test_the_file_stays_small_its_sentences_balanced_and_it_says_how_many_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        Example(str(n), f"Warm bread number {n}.", (Opinion("bread", "F#Q", "positive", 5, 10),)) for n in range(90)
    ]
    results = invented(tmp_path, sentences=many)
    monkeypatch.setattr(benchmark, "ROOM", 30_000)
    monkeypatch.setattr(benchmark, "LIMIT", 1000)
    page, _ = written(tmp_path, results)
    cards = page.all("article")
    sets = [len([c for c in cards if c["data-in"] == f"s{n}"]) for n in range(4)]
    assert 4 < sum(sets) < 90 and max(sets) - min(sets) <= 1
    assert f"{sum(sets)} of 360 such sentences" in page.text
    assert f"The other {360 - sum(sets)} are left out to keep it small" in page.text
    data = json.loads("".join(page.inside["script"][0]))
    assert data["counts"]["s0"][0] == [0, 90, 90]


def test_hostile_text_is_shown_and_never_run(tmp_path: Path) -> None:
    systems = {f"{EVIL}{n}": kind for n, kind in enumerate(SYSTEMS.values())}
    # A folder cannot have such a name, so the predictions lie where the harmless systems have them.
    results = invented(tmp_path, sentences=hostile())
    page, text = written(tmp_path, renamed(results, dict(zip(SYSTEMS, systems, strict=True))))
    assert [script.get("type") for script in page.all("script")] == ["application/json", None]
    data = json.loads("".join(page.inside["script"][:1]))
    assert data["systems"] == list(systems)
    assert not [key for found in page.all() for key in found if key.startswith("on")]
    assert f"Keep in mind {EVIL}" in page.text and f"because {EVIL}" in page.text
    assert "<script" not in text and "&lt;script>alert" in text


def test_hostile_sentences_and_targets_are_marked_like_any(tmp_path: Path) -> None:
    page, text = report(tmp_path, sentences=hostile())
    assert len(page.all("script")) == 2
    assert f"The {EVIL} + and a | pipe." in page.text
    assert "<script" not in text and "and a \\| pipe." in text


def renamed(results: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The same results with other names of systems and words that would be code."""
    for row in [*results["cells"], *results["table"]]:
        row["system"] = names[row["system"]]
    for row in results["comparisons"]:
        row["one"], row["other"] = names[row["one"]], names[row["other"]]
    more = {"name": EVIL, "notes": [EVIL], "missing": [{"cell": EVIL, "reason": f"because {EVIL}"}]}
    return results | more | {"config": {EVIL: EVIL}}


def test_the_page_fetches_nothing_and_runs_only_its_own_script(tmp_path: Path) -> None:
    page, _ = report(tmp_path)
    html = (tmp_path / "report.html").read_text()
    for found in page.all():
        for key in ("src", "href", "xlink:href", "action", "srcset", "data", "poster"):
            assert (found.get(key) or "#").startswith("#")
        assert "style" not in found  # the policy would refuse it
    assert not re.search(r"https?://|@import|url\((?!#)|//cdn", html)
    [policy] = [m["content"] or "" for m in page.all("meta", http_equiv="Content-Security-Policy")]
    style, script = "".join(page.inside["style"]), page.inside["script"][-1]
    assert policy == (
        f"default-src 'none'; style-src '{frame.digest(style)}'; script-src '{frame.digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_every_reference_has_its_target_and_every_chart_and_table_its_name(tmp_path: Path) -> None:
    page, _ = report(tmp_path, shots=(None, 8))
    ids = [found["id"] for found in page.all() if "id" in found]
    assert len(ids) == len(set(ids))
    targets = {(found.get("href") or "")[1:] for found in page.all() if (found.get("href") or "").startswith("#")}
    named = {found["aria-labelledby"] for found in page.all() if "aria-labelledby" in found}
    assert targets | named <= set(ids)
    assert all(svg.get("aria-label") or svg.get("aria-hidden") == "true" for svg in page.all("svg"))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(box["tabindex"] == "0" and box["aria-label"] for box in page.all("div", class_="box"))


def test_tables_of_the_markdown_are_whole(tmp_path: Path) -> None:
    _, text = report(tmp_path, shots=(None, 8), sentences=hostile())
    tables = re.findall(r"(?:^\|.*\n)+", text, re.M)
    assert len(tables) > 20
    for table in tables:
        lines = table.splitlines()
        assert set(lines[1]) <= set("|-: ")
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert "\n\n\n" not in text
