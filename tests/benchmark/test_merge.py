"""Folders of several machines joined: the same table as from one, and nothing of what a reader must know is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.benchmark.conftest import Small, cut_down, same

from aspectra.benchmark.protocol import benchmark, merge
from aspectra.errors import UserError


def test_folders_of_two_machines_are_joined(small: Small, tmp_path: Path) -> None:
    whole = benchmark(cut_down(small), tmp_path / "whole")
    systems = {name: system.model_dump() for name, system in cut_down(small).systems.items()}
    parts = []
    for name, system in systems.items():
        config = small(systems={name: system}, sets=cut_down(small).sets)
        benchmark(config, tmp_path / "machines" / name)
        parts.append(tmp_path / "machines" / name)
    joined = merge(parts, tmp_path / "joined")
    assert sorted(map(json.dumps, same(joined)[2])) == sorted(map(json.dumps, same(whole)[2]))
    assert len(joined["cells"]) == len(whole["cells"])


def test_joined_again_after_a_cell_changed_the_table_is_of_the_new_one(small: Small, tmp_path: Path) -> None:
    benchmark(cut_down(small), tmp_path / "one")
    before = merge([tmp_path / "one"], tmp_path / "joined")["table"]
    file = tmp_path / "other" / "atsa-inn.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"opinions": []', '"opinions": [{"target": "Day"}]'))
    benchmark(cut_down(small), tmp_path / "one")
    (tmp_path / "joined" / "cells" / ".other.atsa.inn").mkdir()  # what a killed merge leaves
    after = merge([tmp_path / "one"], tmp_path / "joined")["table"]
    row = next(row for row in after if row["system"] == "other")
    assert row["f1"]["mean"] < next(row for row in before if row["system"] == "other")["f1"]["mean"]
    assert row["f1"]["low"] <= row["f1"]["mean"] <= row["f1"]["high"]


def test_a_record_from_before_runs_were_pretrained_is_joined(small: Small, tmp_path: Path) -> None:
    benchmark(cut_down(small), tmp_path / "one")
    for file in (tmp_path / "one").glob("cells/*/result.json"):
        record = json.loads(file.read_text())
        del record["cost"]["pretraining_seconds"]
        file.write_text(json.dumps(record))
    joined = merge([tmp_path / "one"], tmp_path / "joined")
    assert len(joined["cells"]) == 2 and joined["cells"][0]["cost"]["pretraining_seconds"] is None


def test_cells_of_other_settings_are_no_seeds_of_one_system(small: Small, tmp_path: Path) -> None:
    sets = {"atsa": small().sets["atsa"][:1]}
    for seed, rate in ((1, 1e-3), (2, 1e-2)):
        systems = {"tiny": small().systems["tiny"].model_dump() | {"finetune": {"learning_rate": rate}}}
        benchmark(small(systems=systems, sets=sets, seeds=[seed]), tmp_path / str(seed))
    with pytest.raises(UserError, match=r"differ in more than their seed \(learning_rate\)"):
        merge([tmp_path / "1", tmp_path / "2"], tmp_path / "out")


def test_what_cannot_be_joined_is_refused(small: Small, tmp_path: Path) -> None:
    benchmark(cut_down(small), tmp_path / "one")
    benchmark(cut_down(small, test_cap=5), tmp_path / "capped")
    with pytest.raises(UserError, match="different results for"):
        merge([tmp_path / "one", tmp_path / "capped"], tmp_path / "out")
    another = {"another": small().systems["other"].model_dump()}
    benchmark(cut_down(small, test_cap=5, systems=another), tmp_path / "named otherwise")
    with pytest.raises(UserError, match="other test sentences or gold for atsa/inn"):
        merge([tmp_path / "one", tmp_path / "named otherwise"], tmp_path / "out")
    file = next((tmp_path / "one").glob("cells/*/result.json"))
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"protocol": 99}))
    with pytest.raises(UserError, match="protocol version 99, and this is 2"):
        merge([tmp_path / "one"], tmp_path / "out")
    with pytest.raises(UserError, match="no folder"):
        merge([tmp_path / "nothing"], tmp_path / "out")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="has no finished runs"):
        merge([tmp_path / "nothing"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_cells_of_an_earlier_grid_in_the_folder_are_told_of_and_stay_out(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark(cut_down(small), tmp_path / "one")
    another = {"another": small().systems["other"].model_dump()}
    later = benchmark(cut_down(small, test_cap=5, systems=another), tmp_path / "one")
    assert "has 2 runs of another grid (first llm.atsa.inn.shots-0), which are kept" in capsys.readouterr().err
    joined = merge([tmp_path / "one"], tmp_path / "joined")
    assert same(joined)[2] == same(later)[2]
    assert "left out, because they are of an earlier grid: llm.atsa.inn.shots-0" in capsys.readouterr().err
    assert len(list((tmp_path / "one" / "cells").iterdir())) == 3


def test_what_an_earlier_grid_lacked_is_not_missing_in_the_last_one(small: Small, tmp_path: Path) -> None:
    benchmark(cut_down(small), tmp_path / "one")
    told = json.loads((tmp_path / "one" / "results.json").read_text())
    told["missing"] = [{"cell": name, "reason": "no"} for name in ("ghost.atsa.inn", "other.atsa.inn")]
    (tmp_path / "one" / "results.json").write_text(json.dumps(told))
    shutil.rmtree(tmp_path / "one" / "cells" / "other.atsa.inn")
    assert [each["cell"] for each in merge([tmp_path / "one"], tmp_path / "joined")["missing"]] == ["other.atsa.inn"]
    another = cut_down(small, systems={"another": small().systems["other"].model_dump()}).model_dump(mode="json")
    (tmp_path / "one" / "benchmark.json").write_text(json.dumps(another))  # begun, and stopped before its first cell
    with pytest.raises(UserError, match=r"has only runs of an earlier grid \(llm\.atsa\.inn\.shots-0\)"):
        merge([tmp_path / "one"], tmp_path / "again")


def test_overlaps_what_is_missing_and_what_is_compared_are_carried_over(small: Small, tmp_path: Path) -> None:
    inn, cafe = (Path(path) for path in small().sets["atsa"])
    shutil.copy(inn / "test.json", cafe / "hard_test.json")
    config = small(
        systems={"llm": small().systems["llm"].model_dump()}, sets={"atsa": [str(inn), str(cafe)]}, compare=[]
    )
    alone = benchmark(config, tmp_path / "llm")
    *gaps, shared = alone["notes"]
    assert shared == "atsa/cafe and atsa/inn share 14 of 14 test sentences: their scores are not independent."
    assert [note.split()[0] for note in gaps] == ["llm.atsa.inn.shots-0:", "llm.atsa.cafe.shots-0:"]
    file = tmp_path / "other" / "atsa-inn.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("Day 18", "Day 81"), encoding="utf-8")
    more = file.read_text(encoding="utf-8").replace("Day 81", "Day 18")
    with (tmp_path / "other" / "atsa-cafe.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(more)
    files = {"other": small().systems["other"].model_dump()}
    broken = benchmark(small(systems=files, sets=config.sets, compare=[]), tmp_path / "files")
    assert [missing["cell"] for missing in broken["missing"]] == ["other.atsa.inn"]
    joined = merge([tmp_path / "llm", tmp_path / "files"], tmp_path / "joined")
    assert sorted(joined["notes"]) == sorted(alone["notes"])
    assert joined["missing"] == broken["missing"]
    assert joined["comparisons"] == [], "none was wanted"
    again = merge([tmp_path / "joined"], tmp_path / "again")
    assert (same(again), again["notes"]) == (same(joined), joined["notes"])
    with pytest.raises(UserError, match="merged from other folders; run the benchmark in one of those"):
        benchmark(config, tmp_path / "joined")
    with pytest.raises(UserError, match="has runs of its own; name another folder"):
        merge([tmp_path / "joined"], tmp_path / "llm")


def test_a_cell_that_another_folder_has_is_not_missing_and_a_stale_one_is_gone(small: Small, tmp_path: Path) -> None:
    file = tmp_path / "other" / "atsa-inn.jsonl"
    whole = file.read_text(encoding="utf-8")
    benchmark(cut_down(small), tmp_path / "good")
    file.write_text(whole.replace("Day 18", "Day 81"), encoding="utf-8")
    assert benchmark(cut_down(small), tmp_path / "bad")["missing"]
    assert merge([tmp_path / "bad", tmp_path / "good"], tmp_path / "joined")["missing"] == []
    left = merge([tmp_path / "bad"], tmp_path / "joined")
    assert len(left["cells"]) == len(merge([tmp_path / "joined"], tmp_path / "again")["cells"]) == 1


def test_the_same_file_at_another_place_gives_the_same_cell(small: Small, tmp_path: Path) -> None:
    systems = {name: s.model_dump() for name, s in cut_down(small).systems.items()}
    systems["llm"]["shots"] = 2
    sets, seeds = cut_down(small).sets, [1]
    benchmark(small(systems=systems, sets=sets, seeds=seeds), tmp_path / "one")
    for name in ("other", "atsa"):
        shutil.copytree(tmp_path / name, tmp_path / "moved" / name)
    shutil.copy(tmp_path / "llm.jsonl", tmp_path / "moved" / "llm.jsonl")
    moved = json.loads(json.dumps([systems, sets]).replace(str(tmp_path), str(tmp_path / "moved")))
    benchmark(small(systems=moved[0], sets=moved[1], seeds=seeds), tmp_path / "two")
    assert len(merge([tmp_path / "one", tmp_path / "two"], tmp_path / "joined")["cells"]) == 2
