"""The published sets come onto the disk whole and right, or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from aspectra.data import datasets, fetch
from aspectra.errors import UserError

CONTENTS = {name: json.dumps([{"sentence": name, "aspects": []}]).encode() for name in ("train", "test")}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two invented sets in the place of the published ones."""
    monkeypatch.setenv("ASPECTRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ASPECTRA_DATA", raising=False)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(fetch, "SETS", {("atsa", "inn14"): digests, ("acsa", "inn16"): digests})
    for task, data in fetch.SETS:
        folder = tmp_path / "source" / task / data
        folder.mkdir(parents=True)
        for name, content in CONTENTS.items():
            (folder / f"{name}.json").write_bytes(content)
    return tmp_path / "source"


def states(done: list[dict[str, str]]) -> list[str]:
    return [file["was"] for file in done]


def test_sets_are_copied_once_to_where_they_are_found_by_name(source: Path) -> None:
    assert "inn14" not in datasets.known("atsa")
    assert states(fetch.fetch(source=source)) == ["fetched"] * 4
    assert (datasets.find("atsa", "inn14") / "test.json").read_bytes() == CONTENTS["test"]
    assert datasets.find("acsa", "inn16").is_relative_to(fetch.place())
    # Nothing is missing any more, so that the network is not asked either.
    assert states(fetch.fetch()) == ["there"] * 4


def test_the_place_is_the_users_own_folder_where_there_is_one(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path / "mine"))
    fetch.fetch(["inn14"], source=source)
    assert (tmp_path / "mine" / "atsa" / "inn14" / "train.json").is_file()
    assert not (tmp_path / "mine" / "acsa").exists()
    fetch.fetch(["acsa/inn16"], source=source, out=tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["acsa"]


def test_a_checkout_of_the_repository_is_a_source_too(source: Path, tmp_path: Path) -> None:
    (tmp_path / "checkout" / "fsa_datasets").mkdir(parents=True)
    source.rename(tmp_path / "checkout" / fetch.FOLDER)
    assert states(fetch.fetch(task="acsa", source=tmp_path / "checkout")) == ["fetched"] * 2
    assert states(fetch.fetch(task="tasd", source=tmp_path / "checkout")) == ["there"] * 2, "tasd reads acsa's sets"


def test_a_wrong_file_is_refused_and_nothing_is_left(source: Path, tmp_path: Path) -> None:
    wrong = source / "acsa" / "inn16" / "test.json"
    wrong.write_bytes(CONTENTS["test"] + b"\n")
    with pytest.raises(UserError, match=rf"{wrong} is not the published file \(sha256 .*; nothing was written"):
        fetch.fetch(source=source, out=tmp_path / "out")
    wrong.unlink()
    with pytest.raises(UserError, match=r"no acsa/inn16/test\.json in .*; nothing was written"):
        fetch.fetch(source=source, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_there_and_wrong_is_replaced_and_told(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch.fetch(source=source, out=tmp_path / "out")
    torn = tmp_path / "out" / "atsa" / "inn14" / "train.json"
    torn.write_bytes(CONTENTS["train"][:9])
    assert states(fetch.fetch(source=source, out=tmp_path / "out")) == ["replaced", "there", "there", "there"]
    assert torn.read_bytes() == CONTENTS["train"]
    assert f"{torn} differed from the published file" in capsys.readouterr().err


def test_names_and_revisions_that_do_not_exist(source: Path, tmp_path: Path) -> None:
    for names, task, says in (
        (["in14"], None, "unknown published set 'in14'; did you mean 'inn14'"),
        (["inn14"], "acsa", "unknown published set 'inn14'; did you mean 'inn16'"),
        ([], "asta", "unknown task 'asta'"),
    ):
        with pytest.raises(UserError, match=says):
            fetch.fetch(names, task, source=source)
    with pytest.raises(UserError, match="full hash of a revision, 40 hex digits, not 'main'"):
        fetch.fetch(source=source, revision="main")
    with pytest.raises(UserError, match="no folder"):
        fetch.fetch(source=tmp_path / "nowhere")


def test_a_folder_in_a_files_place_is_refused_before_anything_is_written(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out" / "atsa" / "inn14" / "test.json").mkdir(parents=True)
    with pytest.raises(UserError, match=r"test\.json is a folder, and a file must go there"):
        fetch.fetch(["inn14"], out=tmp_path / "out", source=source)
    assert capsys.readouterr().err == ""
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_files_come_over_the_network_from_the_pinned_commit(
    source: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "HOST", httpserver.url_for("").rstrip("/"))
    for revision in (fetch.REVISION, "0" * 40):
        for name, content in CONTENTS.items():
            path = f"/HITSZ-HLT/FSA-Distillation/{revision}/fsa_datasets/w_hard/atsa/inn14/{name}.json"
            httpserver.expect_ordered_request(path).respond_with_data(content)
        assert states(fetch.fetch(["inn14"], out=source.parent / revision, revision=revision)) == ["fetched"] * 2
    httpserver.check_assertions()


def test_an_answer_that_is_not_the_file_is_refused(
    source: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "HOST", httpserver.url_for("").rstrip("/"))
    httpserver.expect_oneshot_request("/HITSZ-HLT/FSA-Distillation/" + "1" * 40, method="GET")
    with pytest.raises(UserError, match=r"could not fetch atsa/inn14/train\.json.*\(HTTP Error 500.*--from DIR"):
        fetch.fetch(["inn14"], revision="1" * 40)
    httpserver.clear()
    httpserver.expect_request(
        f"/{fetch.REPOSITORY}/{fetch.REVISION}/{fetch.FOLDER}/atsa/inn14/train.json"
    ).respond_with_data("<html>Log in to this hotel's network</html>")
    with pytest.raises(UserError, match="is not the published file"):
        fetch.fetch(["inn14"])
    assert not fetch.place().exists()


def test_without_a_network_one_line_says_what_was_tried(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(UserError) as caught:
        fetch.fetch(["inn16"])
    said = str(caught.value)
    assert "tried http://127.0.0.1:9/HITSZ-HLT/FSA-Distillation/c38bdfc" in said
    assert "refused" in said and "--from DIR" in said and "\n" not in said
    assert not fetch.place().exists()


def test_the_digests_are_those_of_the_published_files(shared: Path, tmp_path: Path) -> None:
    done = fetch.fetch(source=shared / "data" / "benchmark", out=tmp_path)
    assert states(done) == ["fetched"] * 16
    assert len(list(tmp_path.rglob("*.json"))) == 16
