"""`aspectra run` with a generated student: the whole chain, what is skipped, what `--set` reruns, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chain import config_text
from tests.students.taggers.labels import SENTENCES, taught

from aspectra.cli.main import run
from aspectra.config import ElicitConfig
from aspectra.elicit import selection
from aspectra.errors import UserError
from aspectra.pipeline.run import build_corpus, check, export_student, judge_teacher, sitting
from aspectra.pipeline.stages import elicit_reviews
from aspectra.places import locate
from aspectra.recipes import RunConfig
from aspectra.settings import load
from aspectra.tables import write_jsonl

DISTILLED = ("denoise", "distilled")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, causal: Path) -> tuple[Path, Path]:
    """A finished run: (its config file, its folder)."""
    home = tmp_path_factory.mktemp("chain")
    file = home / "chain.yaml"
    file.write_text(config_text(home, causal), encoding="utf-8")
    assert run(["run", str(file), "--out", str(home / "out"), "--json"]) == 0
    return file, home / "out"


def asked(config: RunConfig, out: Path) -> Path:
    return elicit_reviews(locate(config.reviews), config.elicit, out)


def stamps(out: Path) -> dict[str, int]:
    return {str(file.relative_to(out)): file.stat().st_mtime_ns for file in out.rglob("manifest.json")}


def results(out: Path) -> list[dict[str, Any]]:
    return list(json.loads((out / "results.json").read_text(encoding="utf-8"))["rows"])


def test_results_have_a_row_for_each_system_subset_scoring_and_seed(chain: tuple[Path, Path]) -> None:
    rows = results(chain[1])
    students = {("base", 1), ("base", 2), ("denoise", 1), ("denoise", 2), ("distilled", 1), ("distilled", 2)}
    assert {(row["system"], row["seed"]) for row in rows} == students | {("teacher", None)}
    assert len(rows) == 7 * 3 * 2
    wanted = {"system", "task", "data", "subset", "scoring", "seed", "precision", "recall", "f1", "parameters"}
    assert all(wanted <= row.keys() for row in rows)


def test_the_recorded_teacher_is_scored_like_a_student(chain: tuple[Path, Path]) -> None:
    (row,) = [r for r in results(chain[1]) if (r["system"], r["subset"], r["scoring"]) == ("teacher", "all", "strict")]
    assert row["sentences"] == 12
    assert row["f1"] == 1.0  # the recorded answers of this test are the gold


def test_the_report_shows_every_system_and_how_sure_the_difference_is(chain: tuple[Path, Path]) -> None:
    text = (chain[1] / "report.md").read_text(encoding="utf-8")
    assert all(f"| {system} |" in text for system in ("base", "denoise", "distilled", "teacher"))
    assert "distilled minus base" in text and "paired bootstrap over 12 sentences" in text
    assert "| distilled | analysis |" in text


def test_it_ends_with_what_the_reviews_say(chain: tuple[Path, Path]) -> None:
    out = chain[1]
    figures = json.loads((out / "opinions.parquet.manifest.json").read_text(encoding="utf-8"))["figures"]
    assert figures["reviews"] == 24
    assert "What the reviews say" in (out / "opinions.html").read_text(encoding="utf-8")
    assert "| export |" in (out / "report.md").read_text(encoding="utf-8")


def test_a_second_call_does_nothing_again(chain: tuple[Path, Path]) -> None:
    file, out = chain
    before, table = stamps(out), results(out)
    assert run(["run", str(file), "--out", str(out)]) == 0
    assert stamps(out) == before
    assert results(out) == table


def test_a_change_reruns_only_what_depends_on_it(chain: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The last that looks at the shared folder, for it leaves another run there."""
    file, out = chain
    before = stamps(out)
    assert run(["run", str(file), "--out", str(out), "--set", "finetune.shots=3"]) == 0
    after = stamps(out)
    changed = {name.split("/")[0] for name in before if after[name] != before[name]}
    assert changed == {"finetune", "evaluate", "export"}
    before = after
    assert run(["run", str(file), "--out", str(out), "--set", "finetune.shots=3", "--set", "pretrain.max_steps=4"]) == 0
    after = stamps(out)
    changed = {name.rpartition("/")[0] for name in before if after[name] != before[name]}
    students = {f"{stage}/{name}-{n}" for stage in ("finetune", "evaluate") for name in DISTILLED for n in (1, 2)}
    assert changed == {"pretrain/denoise", "pretrain/distilled", "export"} | students, "the base has no pretraining"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("reviews=missing.csv", "no file of reviews missing.csv"),
        ("student=smollm", "did you mean 'smollm2-135m'"),
        ("finetune.data=hotel", "did you mean 'hotels'"),
        ("corpus.evaluation=[rest77]", "rest77"),
        ("elicit.teacher=oracle", "elicit.teacher"),
        ("systems=[base,destilled]", "did you mean 'distilled'"),
        ("teacher=null", "teacher"),
        ("teacher.model=missing.jsonl", "no file of recorded responses missing.jsonl"),
        ("elicit.model=null.gguf", "null.gguf"),
        ("finetune.data=null", "finetune.data"),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_made(
    change: str, says: str, tmp_path: Path, causal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(config_text(tmp_path, causal), encoding="utf-8")
    assert run(["run", str(file), "--out", str(tmp_path / "out"), "--set", change]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("aspectra: error:") and says in line
    assert not (tmp_path / "out").exists()


def test_a_set_without_a_test_is_told_before_anything_is_trained(
    tmp_path: Path, causal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(config_text(tmp_path, causal), encoding="utf-8")
    (tmp_path / "set" / "test.json").unlink()
    assert run(["run", str(file), "--out", str(tmp_path / "out"), "--set", "corpus.evaluation=[]"]) == 2
    assert "has no test.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_other_reviews_or_another_teacher_leave_no_trace_in_the_corpus(tmp_path: Path, causal: Path) -> None:
    """Answers that were paid for stay in the store; the corpus is made of those that the config names, no others."""
    import pyarrow.parquet as pq

    file = tmp_path / "chain.yaml"
    file.write_text(config_text(tmp_path, causal), encoding="utf-8")
    lines = (tmp_path / "reviews.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "fewer.jsonl").write_text("\n".join(lines[:5]) + "\n", encoding="utf-8")
    others = (tmp_path / "responses.jsonl").read_text(encoding="utf-8").replace("Reasoning: as said", "Reasoning: so")
    (tmp_path / "others.jsonl").write_text(others, encoding="utf-8")

    def made(*changes: str) -> tuple[int, set[str]]:
        responses = asked(load(RunConfig, file, changes), tmp_path / "out" / "elicit")
        corpus = build_corpus(load(RunConfig, file, changes), responses, tmp_path / "out" / "corpus")
        rows = pq.read_table(corpus / "train.parquet")
        said = {text.rpartition("Reasoning: ")[2] for text in rows["output"].to_pylist() if "Reasoning" in text}
        return len(set(rows["review_id"].to_pylist())), said

    whole = made()
    assert whole[1] == {"as said"}
    assert made(f"elicit.model={tmp_path / 'others.jsonl'}") == (whole[0], {"so"})
    assert made(f"reviews={tmp_path / 'fewer.jsonl'}")[0] <= 5
    assert made() == whole


def test_an_out_that_is_a_file_is_refused(tmp_path: Path, causal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(config_text(tmp_path, causal), encoding="utf-8")
    assert run(["run", str(file), "--out", str(file)]) == 2
    assert "is a file" in capsys.readouterr().err
    assert run(["run", str(file), "--out", str(file / "below")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot create the folder" in line and "Not a directory" in line


def test_a_folder_with_other_things_is_not_touched(
    tmp_path: Path, causal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(config_text(tmp_path, causal), encoding="utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("dear")
    assert run(["run", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "has other files" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_a_run_asks_about_the_reviews_that_were_drawn(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    teacher: dict[str, Any] = {
        "teacher": "recorded",
        "model": "demo:responses.jsonl",
        "select": 20,
        "select_by": "tfidf",
    }
    config = RunConfig(reviews="demo:reviews.jsonl", elicit=ElicitConfig(**teacher))
    drawn = [
        set(pq.read_table(asked(config, tmp_path / name), columns=["review_id"])[0].to_pylist())
        for name in ("one", "other")
    ]
    assert len(drawn[0]) == 20
    assert drawn[0] == drawn[1]


def test_a_teacher_sits_the_whole_test_whatever_was_drawn_before() -> None:
    drawn = ElicitConfig(teacher="recorded", model="m", select=20, select_by="embeddings", encoder="some/encoder")
    settings = sitting(RunConfig(reviews="demo:reviews.jsonl", elicit=drawn), drawn)
    selection.check(settings)
    assert settings.select is None


def test_a_student_teaches_a_run_and_sits_its_test(encoder_of: Callable[[str], Path], tmp_path: Path) -> None:
    config_text(tmp_path, tmp_path)
    folder = taught(encoder_of("bert"), tmp_path / "tagger")
    write_jsonl(tmp_path / "reviews.jsonl", ({"id": e.id, "text": e.text} for e in SENTENCES))
    teacher = {"teacher": "student", "model": str(folder), "kinds": ["extraction"]}
    values: dict[str, Any] = {
        "reviews": str(tmp_path / "reviews.jsonl"),
        "student": str(encoder_of("electra")),
        "systems": ["distilled", "teacher"],
        "elicit": teacher,
        "teacher": teacher,
        "finetune": {"data": str(tmp_path / "set")},
    }
    config, out = RunConfig(**values), tmp_path / "out"
    check(config, out)
    corpus = build_corpus(config, asked(config, out / "elicit"), out / "corpus")
    assert (corpus / "silver" / "train.soft.jsonl").is_file()
    (row,) = [row for row in judge_teacher(config, out) if row["subset"] == "all"]
    assert row["sentences"] == 12
    with pytest.raises(UserError, match="a student as teacher does not answer analysis"):
        check(RunConfig(**values | {"elicit": teacher | {"kinds": ["analysis"]}}), tmp_path / "other")


def test_the_export_of_a_tagger_is_judged_by_dev_of_its_own_set(
    encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    config_text(tmp_path, tmp_path)
    tuned = taught(encoder_of("bert"), tmp_path / "tagger")
    values: dict[str, Any] = {
        "reviews": "none.jsonl",
        "finetune": {"data": str(tmp_path / "set"), "threads": 1},
    }
    assert export_student(RunConfig(**values), tuned, tmp_path) == tmp_path / "export"
    made = json.loads((tmp_path / "export" / "manifest.json").read_text(encoding="utf-8"))
    assert made["config"]["data"] == str(tmp_path / "set")
    assert made["inputs"].keys() == {"model", "gold dev.json"}
