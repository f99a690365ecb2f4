"""What the corpus takes of an elicitation's folder, whatever became of its run. Real SQLite and Parquet files."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.test_build import answered, elicited, review
from tests.corpus.test_silver import answer

from aspectra.config import CorpusConfig, ElicitConfig
from aspectra.corpus.build import build
from aspectra.corpus.sources import gather
from aspectra.elicit import handoff, queue
from aspectra.elicit.engine import elicit
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.errors import UserError
from aspectra.places import locate
from aspectra.schema import Review


def killed(folder: Path, answers: int, kind: str = "rewriting", before: bool = False) -> Path:
    """A folder of twelve reviews whose run ended after some answers, without a word; `before`: it had handed on one."""
    folder.mkdir(exist_ok=True)
    with Store(folder) as store:
        reviews = [Review(f"r{i}", review(i), rating=float(i)) for i in range(12)]
        ask = Ask(kind, "v1", "m", "{}")
        found = list(queue.pending(store, *store.register(reviews, [ask], "one", {}, free=False)))
        made = [Outcome(p.request, "done", text=f"I say so of stay {n}.", attempts=1) for n, p in enumerate(found)]
        store.save(made[:1])
        if before:
            handoff.write(folder)
        store.save(made[1:answers])
    return folder


@pytest.mark.parametrize("before", [False, True])
def test_answers_that_a_killed_run_had_not_handed_on_are_in_the_corpus(
    tmp_path: Path, before: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    source = killed(tmp_path / "e", 8, before=before)
    figures = build([source], CorpusConfig(kinds=("rewriting", "rating")), tmp_path / "c")["figures"]
    assert figures["counts"]["reviews kept"] == 8
    assert figures["rows"]["train"]["rating"] == figures["rows"]["train"]["rewriting"]
    told = capsys.readouterr().err
    assert "responses.parquet was older than its store, and is written again: 8 responses" in told
    assert "4 answers are pending, and are not in the corpus" in told
    build([source], CorpusConfig(kinds=("rewriting", "rating")), tmp_path / "c")
    assert "written anew" not in capsys.readouterr().err, "once is enough"


def test_what_an_elicitation_handed_on_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ElicitConfig(teacher="recorded", model=str(locate("demo:responses.jsonl")))
    elicit(locate("demo:reviews.jsonl"), config, tmp_path / "e")
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "e").glob("*.parquet")}
    build([tmp_path / "e"], CorpusConfig(), tmp_path / "c")
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert (tmp_path / "e" / "manifest.json").is_file()
    assert "store" not in capsys.readouterr().err


def test_a_manifest_of_the_files_before_is_gone_with_them(tmp_path: Path) -> None:
    source = killed(tmp_path / "e", 8, before=True)
    (source / "manifest.json").write_text("{}")
    build([source], CorpusConfig(), tmp_path / "c")
    assert not (source / "manifest.json").exists()


def test_answers_that_are_still_to_be_had_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = elicited(tmp_path / "e", [answered(i, "rewriting") for i in range(8)])
    with Store(source) as store:
        reviews = [Review(f"r{i}", review(i)) for i in range(12)]
        ask = Ask("rewriting", "v1", "m", "{}")
        found = list(queue.pending(store, *store.register(reviews, [ask], "one", {}, free=False)))
        store.save([Outcome(p.request, "done", text="I say so.", attempts=1) for p in found[:8]])
        store.save([Outcome(found[8].request, "failed", reason="500: no", attempts=3)])
    build([source], CorpusConfig(), tmp_path / "c")
    told = (
        f"corpus: in {source} 3 answers are pending and 1 answers are failed, and are not in the corpus; run the same"
    )
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("store", [b"", b"no database at all"])
def test_a_store_that_cannot_be_read_is_no_reason_to_refuse_the_hand_off(
    tmp_path: Path, store: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    source = elicited(tmp_path / "e", [answered(i, "rewriting") for i in range(8)])
    (source / "responses.sqlite").write_bytes(store)
    assert build([source], CorpusConfig(), tmp_path / "c")["figures"]["counts"]["reviews kept"] == 8
    assert "is used as it is, because its store cannot be read" in capsys.readouterr().err


def test_what_was_not_asked_for_cannot_be_trained_on(tmp_path: Path) -> None:
    source = killed(tmp_path / "e", 8, kind="extraction")
    with pytest.raises(UserError, match="analysis and rewriting were not asked for, only extraction; `aspectra elicit"):
        build([source], CorpusConfig(), tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_of_reviews_with_the_same_words_the_first_gets_another_teachers_probabilities(tmp_path: Path) -> None:
    """It is the one that a corpus keeps: probabilities behind the last would be lost."""
    said = [replace(answer("extraction", "{}"), review_id=name, review="Lovely tea.") for name in ("a", "b")]
    read = [replace(each, distribution='{"sentences": []}') for each in said]
    for name, rows in (("labels", said), ("student", read)):
        columns = {key: [asdict(row)[key] for row in rows] for key in asdict(rows[0])}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    sources = [tmp_path / "labels.parquet", tmp_path / "student.parquet"]
    _, answers, _ = gather(sources, CorpusConfig(), Counter(), defaultdict(Counter))
    assert answers["a"]["extraction"].distribution == '{"sentences": []}'
