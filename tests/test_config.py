"""Settings: unknown keys refused with the nearest right one, `--set`, and every shipped config."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from aspectra.config import FinetuneConfig
from aspectra.errors import UserError
from aspectra.places import CONFIGS, config_file, locate
from aspectra.recipes import ReaderConfig, RunConfig
from aspectra.settings import build, load
from aspectra.systems import BenchmarkConfig


def test_a_change_reaches_into_a_section_and_is_read_as_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("reviews: r.csv\nfinetune: {shots: 8, task: acsa}\n")
    found = load(RunConfig, tmp_path / "a.yaml", ["finetune.shots=16", "seeds=[1, 2]", "corpus.evaluation=[]"])
    assert (found.finetune.shots, found.finetune.task, found.seeds) == (16, "acsa", (1, 2))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("finetune.shot=4", "did you mean 'finetune.shots'"),
        ("shots=4", "finetune.shots"),
        ("finetune.shots=many", "setting finetune.shots must be a whole number (got 'many')"),
        ("finetune.shots", "key=value"),
        ("finetune.task=atsb", "unknown value of finetune.task 'atsb'; did you mean 'atsa'"),
        ("systems=[base,destilled]", "did you mean 'distilled'"),
        ("pretrain.weights=equals", "unknown value of pretrain.weights 'equals'; did you mean 'equal'"),
        ("pretrain.kinds=[]", "pretrain.kinds"),
        ("seeds=[]", "setting seeds must not be empty (got [])"),
        ("seeds=4", "setting seeds must be a list, as in [1, 2] (got 4)"),
        ("finetune=4", "setting finetune must be a mapping, as in {a: 1} (got 4)"),
        ("finetune.bf16=perhaps", "must be true or false"),
        ("seeds=[-1]", "seeds.0"),
        ("seeds=[1", "not YAML"),
        ("finetune={shots: 4, shots: 8}", "'shots' appears twice"),
        ("seeds=2026-13-45", "not YAML"),
        ("weights=1", "did you mean 'pretrain.weights'"),
        ("teacher.modle=x", "did you mean 'teacher.model'"),
    ],
)
def test_a_wrong_change_is_one_line_that_names_the_key(change: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        load(RunConfig, None, [change], {"reviews": "r.csv"})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 800, "the names beside it, not all that there are"


def test_a_setting_that_is_missing_is_named_without_all_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("student: t5-small\n")
    with pytest.raises(UserError, match=r"^setting reviews is missing$"):
        load(RunConfig, tmp_path / "a.yaml")


def test_a_config_of_another_command_is_named_as_that() -> None:
    run = "aspectra run"
    commands: dict[type[BaseModel], str] = {BenchmarkConfig: "aspectra benchmark", RunConfig: run, ReaderConfig: run}
    with pytest.raises(UserError, match=r"smoke\.yaml is a config for `aspectra benchmark`, not for this command"):
        load(RunConfig, config_file("smoke"), others=commands)
    with pytest.raises(UserError, match=r"quickstart\.yaml is a config for `aspectra run`"):
        load(BenchmarkConfig, config_file("quickstart"), others=commands)
    with pytest.raises(UserError, match=r"reader-en\.yaml is a config for `aspectra run`"):
        load(BenchmarkConfig, config_file("reader-en"), others=commands)
    assert load(RunConfig, config_file("quickstart"), others=commands).seeds


def test_a_mistyped_setting_of_a_system_is_told_rather_than_the_missing_one() -> None:
    systems = {"a": {"kind": "file", "prediction": "x"}}
    with pytest.raises(
        UserError, match=r"unknown setting 'systems\.a\.prediction'; did you mean 'systems\.a\.predictions'"
    ):
        build(BenchmarkConfig, {"systems": systems, "sets": {"atsa": ["hotels"]}})
    with pytest.raises(UserError, match=r"^setting systems\.a\.predictions is missing$"):
        build(BenchmarkConfig, {"systems": {"a": {"kind": "file"}}, "sets": {"atsa": ["hotels"]}})


def test_a_grid_without_a_set_is_none() -> None:
    with pytest.raises(UserError, match=r"sets\.atsa has no set"):
        build(BenchmarkConfig, {"systems": {"a": {"kind": "file", "predictions": "x"}}, "sets": {"atsa": []}})


def test_a_name_that_no_folder_could_have_is_none_for_a_system() -> None:
    systems = {"a b": {"kind": "file", "predictions": "x"}}
    with pytest.raises(UserError, match="'a b' is not a valid name for a system: use letters, digits"):
        build(BenchmarkConfig, {"systems": systems, "sets": {"atsa": ["hotels"]}})


@pytest.mark.parametrize(
    ("text", "says"), [("- a\n- b\n", "mapping"), ("a: [", "not YAML"), (b"\xff\xfe", "cannot read")]
)
def test_a_file_that_is_no_config_is_refused(text: str | bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=says):
        load(RunConfig, tmp_path / "a.yaml")


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_config_is_found_by_name(file: Path) -> None:
    assert config_file(file.stem) == file


def test_an_unknown_config_names_those_that_ship() -> None:
    with pytest.raises(UserError, match="did you mean 'quickstart'"):
        config_file("quickstrat")
    with pytest.raises(UserError, match=r"the config my/chain\.yaml does not exist; .*quickstart"):
        config_file("my/chain.yaml")


def test_demo_names_are_files_of_the_package() -> None:
    assert locate("demo:reviews.jsonl").is_file()
    assert locate("a/b.csv") == Path("a/b.csv")
    with pytest.raises(UserError, match=r"unknown file of the demo 'nothing\.csv'"):
        locate("demo:nothing.csv")


@pytest.mark.parametrize("name", ["https://x.org/r.csv", "HTTPS:/x.org/r.csv", "s3://bucket/r.csv"])
def test_an_address_is_no_file(name: str) -> None:
    with pytest.raises(UserError, match=r"//.* is a web address; download the file and name it"):
        locate(name)


def test_settings_do_not_change_after_loading() -> None:
    with pytest.raises(ValueError, match="frozen"):
        FinetuneConfig().shots = 3  # type: ignore[misc]


def test_what_came_later_and_is_not_set_leaves_earlier_manifests_valid() -> None:
    """A folder that a version without these settings made must be known as of the same settings."""
    plain = FinetuneConfig().dumped()
    assert not {"warmup_share", "keep"} & set(plain)
    assert plain == {name: value for name, value in FinetuneConfig().model_dump(mode="json").items() if name in plain}
    assert FinetuneConfig(keep="last", warmup_share=0.1).dumped() == plain | {"keep": "last", "warmup_share": 0.1}
