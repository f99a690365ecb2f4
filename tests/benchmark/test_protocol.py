"""A benchmark from its grid to its table: done once, gone on with after any end, joined from several machines."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from tests.benchmark.conftest import Small, cut_down, same, spawned
from werkzeug import Request, Response

from aspectra.benchmark import cells, grid, workers
from aspectra.benchmark.protocol import benchmark, merge, record
from aspectra.errors import UserError
from aspectra.score.predictions import read_predictions
from aspectra.systems import BenchmarkConfig


def test_every_cell_has_its_record_and_the_table_its_means(small: Small, tmp_path: Path) -> None:
    config = small(sets={task: sets[:1] for task, sets in small().sets.items()})
    results = benchmark(config, tmp_path / "out", 2)
    assert results["missing"] == []
    assert len(results["cells"]) == 2 * (2 + 1 + 1), "two seeds of the student, one run of the LLM and of the file"
    rows = {(r["system"], r["task"], r["data"], r["scoring"], r["subset"]): r for r in results["table"]}
    other = rows["other", "atsa", "inn", "strict", "all"]
    assert other["precision"] == 1.0 and other["f1"]["sd"] is None and other["seeds"] == []
    assert rows["tiny", "acsa", "inn", "paper", "all"]["seeds"] == [1, 2]
    llm = rows["llm", "atsa", "inn", "strict", "all"]
    assert llm["tokens_per_1000"] == pytest.approx(13 * 60 / 14 * 1000)
    assert llm["usd_per_1000"] == pytest.approx(13 * (50 * 1.0 + 10 * 2.0) / 1e6 / 14 * 1000)
    answers = next(c for c in results["cells"] if (c["system"], c["task"], c["data"]) == ("llm", "atsa", "inn"))
    assert answers["faults"]["unanswered"] == pytest.approx(1 / 14)
    assert (tmp_path / "out" / "report.html").exists() and (tmp_path / "out" / "report.md").exists()
    file = tmp_path / "out" / "cells" / "tiny.atsa.inn.shots-4.seed-1" / "predictions.jsonl"
    first = read_predictions(file)[0]
    assert first.raw is not None and len(first.extra["counts"]["strict"]) == 4
    with_seeds = [c for c in results["comparisons"] if {c["one"], c["other"]} == {"tiny", "other"}]
    assert all(c["seeds"] == [1, 2] for c in with_seeds)
    for pair in with_seeds:
        assert pair["difference"] == pytest.approx(sum(pair["by_seed"]) / 2), "one gap for each seed, the file in both"
        assert pair["agree"] == sum((gap > 0) == (pair["difference"] > 0) and gap != 0 for gap in pair["by_seed"])


def test_a_rerun_does_nothing_and_a_lost_cell_alone_is_done_again(small: Small, tmp_path: Path) -> None:
    config, out = cut_down(small), tmp_path / "out"
    before = benchmark(config, out)
    kept = {file: file.stat().st_mtime_ns for file in out.glob("cells/*/manifest.json")}
    assert len(kept) == 2
    assert same(benchmark(config, out)) == same(before)
    assert {file: file.stat().st_mtime_ns for file in out.glob("cells/*/manifest.json")} == kept
    lost = next(file for file in kept if file.parent.name.startswith("other"))
    shutil.rmtree(lost.parent)
    assert same(benchmark(config, out)) == same(before)
    now = {file: file.stat().st_mtime_ns for file in out.glob("cells/*/manifest.json")}
    assert {file for file in kept if now[file] != kept[file]} == {lost}


def test_a_cell_that_fails_or_dies_leaves_the_others(small: Small, tmp_path: Path) -> None:
    file = tmp_path / "other" / "atsa-inn.jsonl"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace("Day 18", "Day 81"), encoding="utf-8")
    results = benchmark(cut_down(small), tmp_path / "out")
    assert [missing["cell"] for missing in results["missing"]] == ["other.atsa.inn"]
    assert "sentence 1 differs" in results["missing"][0]["reason"]
    assert {row["system"] for row in results["table"]} == {"llm"}
    file.write_text(whole, encoding="utf-8")
    assert benchmark(cut_down(small), tmp_path / "out")["missing"] == []


def test_the_death_of_a_worker_costs_its_cell_only(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine kills the process that reads the predictions, as it does where memory runs out."""
    killer = tmp_path / "site" / "sitecustomize.py"
    killer.parent.mkdir()
    killer.write_text(
        "import os, pathlib, signal, sys\n"
        "opened = pathlib.Path.open\n"
        "def dying(self, *a, **k):\n"
        "    if self.name == 'atsa-inn.jsonl' and 'spawn_main' in ' '.join(sys.orig_argv):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return opened(self, *a, **k)\n"
        "pathlib.Path.open = dying\n"
    )
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(killer.parent))
        patch.setattr(workers, "start", spawned)
        results = benchmark(cut_down(small), tmp_path / "out")
    assert results["missing"] == [
        {"cell": "other.atsa.inn", "reason": "its process ended (signal SIGKILL, perhaps out of memory)"}
    ]
    assert {row["system"] for row in results["table"]} == {"llm"}
    assert benchmark(cut_down(small), tmp_path / "out")["missing"] == []


def test_changed_settings_redo_what_hangs_on_them(small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    benchmark(cut_down(small), out)
    results = benchmark(cut_down(small, test_cap=5), out)
    assert {cell["sentences"] for cell in results["cells"]} == {5}
    results = benchmark(cut_down(small), out)
    assert {cell["sentences"] for cell in results["cells"]} == {14}


def test_an_answer_that_was_paid_for_outlives_its_cell(small: Small, tmp_path: Path) -> None:
    out, config = tmp_path / "out", cut_down(small)
    benchmark(config, out)
    store = next((out / "answers").glob("*/elicit/responses.sqlite"))
    made = store.stat().st_ino
    benchmark(cut_down(small, test_cap=5), out)
    assert store.stat().st_ino == made


def test_an_llm_that_went_away_leaves_its_cell_open(small: Small, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        if gone and "Day 2" in request.get_data(as_text=True):
            return Response("busy", 503)
        said = {"choices": [{"message": {"content": '{"opinions": []}'}, "finish_reason": "stop"}]}
        return Response(json.dumps(said), content_type="application/json")

    gone, sets = True, {"atsa": small().sets["atsa"][:1]}
    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions").respond_with_handler(answer)
        url = server.url_for("/v1").replace("http://", "http://me:hunter2@")
        elicit = {"model": "m", "base_url": url, "retries": 0}
        config = small(systems={"llm": {"kind": "llm", "elicit": elicit}}, sets=sets)
        results = benchmark(config, tmp_path / "out")
        reason = results["missing"][0]["reason"]
        assert "answers are pending" in reason and "503" in reason
        assert "hunter2" not in reason
        asked, gone = len(server.log), False
        results = benchmark(config, tmp_path / "out")
        assert results["missing"] == [] and results["cells"][0]["faults"]["unanswered"] == 0
        assert len(server.log) - asked == 10, "sentences 20 to 29; the others were paid for"
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file():
            assert b"hunter2" not in file.read_bytes(), f"{file} holds the password of the endpoint"


def test_where_the_endpoint_goes_away_it_is_said_and_no_further_cell_waits(
    small: Small, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(request: Request) -> Response:
        asked.append(request)
        if len(asked) > 3:
            return Response("overrun", 502)
        said = {"choices": [{"message": {"content": '{"opinions": []}'}, "finish_reason": "stop"}]}
        return Response(json.dumps(said), content_type="application/json")

    asked: list[Request] = []
    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions").respond_with_handler(answer)
        elicit = {"model": "m", "base_url": server.url_for("/v1"), "patience": 0.2, "concurrency": 4}
        config = small(systems={"llm": {"kind": "llm", "elicit": elicit}})
        missing = benchmark(config, tmp_path / "out")["missing"]
    assert len(missing) == 4
    assert missing[0]["reason"].startswith("the endpoint is down: it gave no useful answer for 0.2 s")
    for other in missing[1:]:
        assert other["reason"].startswith(f"not asked, as {missing[0]['cell']}: the endpoint is down: it gave")
    told = capfd.readouterr().err
    assert (
        f"{missing[0]['cell']}: the endpoint is down or overloaded (502: overrun): sending one request at a time"
        in told
    )
    assert "the endpoint is down or overloaded" in (tmp_path / "out" / "logs" / f"{missing[0]['cell']}.txt").read_text()


def test_a_file_in_another_format_is_noted_in_every_report(small: Small, tmp_path: Path) -> None:
    file = tmp_path / "other" / "atsa-inn.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"polarity"', '"sentiment"'))
    for _ in range(2):  # the second time nothing is left to do
        notes = benchmark(cut_down(small), tmp_path / "out")["notes"]
        (told,) = (note for note in notes if note.startswith("other"))
        assert told.startswith('other.atsa.inn: 6 of 6 opinions have no "polarity" of positive')
    assert merge([tmp_path / "out"], tmp_path / "joined")["notes"] == notes
    assert "other.atsa.inn: 6 of 6 opinions" in (tmp_path / "joined" / "report.md").read_text(encoding="utf-8")


def test_a_disk_is_spared_the_weights_when_asked(small: Small, tmp_path: Path) -> None:
    systems = {"tiny": small().systems["tiny"].model_dump()}
    config = small(systems=systems, sets={"atsa": small().sets["atsa"][:1]}, seeds=[1], keep_models=False)
    benchmark(config, tmp_path / "out")
    cell = next((tmp_path / "out" / "cells").iterdir())
    assert sorted(path.name for path in cell.iterdir()) == ["manifest.json", "predictions.jsonl", "result.json"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sets": {"atsa": ["nowhere"]}}, "unknown atsa dataset 'nowhere'"),
        ({"sets": {"atas": ["hotels"]}}, "unknown task 'atas'"),
        ({"sets": {"tasd": ["hotels"]}}, "system llm: an LLM can be asked for atsa or acsa, not for tasd"),
        ({"compare": [["tiny", "lmm"]]}, "did you mean 'llm'"),
        ({"systems": {"a": {"kind": "student", "student": "smollm"}}}, "unknown model 'smollm'"),
        ({"systems": {"a": {"kind": "file", "predictions": "gone.jsonl"}}}, "no file of predictions gone.jsonl"),
        ({"systems": {"a": {"kind": "file", "predictions": "{model}.jsonl"}}}, "{seed} and {shots}"),
        ({"finetune": {"shots": 64}}, "finetune.shots differs by run; set `shots`"),
        ({"seeds": [1, 1]}, "seeds has something twice"),
        ({"shots": [500]}, "shots: 500 is more than the 12 training sentences"),
        (
            {"systems": {"a": {"kind": "llm", "elicit": {"model": "m", "limit": 3}}}},
            "the benchmark sets elicit.limit itself",
        ),
        (
            {"systems": {"a": {"kind": "student", "student": "tiny-causal", "finetune": {"rate": 1}}}},
            "unknown setting 'rate'",
        ),
    ],
)
def test_names_that_do_not_exist_are_said_before_anything_runs(
    small: Small, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        benchmark(small(**change), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_is_left_alone(small: Small, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    with pytest.raises(UserError, match="has other files"):
        benchmark(cut_down(small), tmp_path / "mine")


RUN = """
import sys
from pathlib import Path
from aspectra.benchmark.protocol import benchmark
from aspectra.systems import BenchmarkConfig
if __name__ == "__main__":
    benchmark(BenchmarkConfig.model_validate_json(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), 2)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_the_same(small: Small, tmp_path: Path) -> None:
    config = small(sets={"atsa": small().sets["atsa"]})
    (tmp_path / "config.json").write_text(config.model_dump_json())
    (tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "config.json")]
    began = time.monotonic()
    subprocess.run([*command, str(tmp_path / "straight")], check=True, capture_output=True)
    whole = time.monotonic() - began
    draw = random.Random(3)
    for _ in range(6):
        process = subprocess.Popen([*command, str(tmp_path / "killed")], stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0, whole))
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = subprocess.run([*command, str(tmp_path / "killed")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ends = [json.loads((tmp_path / name / "results.json").read_text()) for name in ("straight", "killed")]
    assert same(ends[0]) == same(ends[1])


def test_the_grid_is_as_large_as_its_parts_say(small: Small) -> None:
    config = small(shots=[4, None], seeds=[1, 2, 3])
    by_system = {name: sum(cell.system == name for cell in grid.grid(config)) for name in config.systems}
    assert by_system == {"tiny": 4 * 2 * 3, "llm": 4, "other": 4}
    shown = config.model_dump()
    shown["systems"]["llm"]["shots"] = 2
    assert sum(cell.system == "llm" for cell in grid.grid(BenchmarkConfig.model_validate(shown))) == 4 * 3


def test_weights_are_read_once_a_worker(causal: Path) -> None:
    held = cells.Held()
    assert held.get(str(causal)) is held.get(str(causal))


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "is not a record of a run"), ("[]", "is not a record of a run"), ("{}", "protocol version")],
)
def test_a_file_that_is_no_record_is_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "cell.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=rf"cell\.json .*{told}"):
        record(file)
