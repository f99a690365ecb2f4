"""The rule by which a stage is skipped, goes on, is done again or is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aspectra import manifest
from aspectra.errors import UserError
from aspectra.files import write_text
from aspectra.manifest import Stage


def stage(folder: Path, source: Path, size: int = 1, replace: bool = False, name: str = "corpus") -> Stage:
    return Stage(name, folder, {"source": source}, {"size": size}, replace=replace)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_text(tmp_path / "source.txt", "reviews")
    return tmp_path / "source.txt"


def test_done_work_is_found_again_and_other_work_is_not(tmp_path: Path, source: Path) -> None:
    one = stage(tmp_path / "out", source)
    assert one.finished() is None and one.begin() is False
    write_text(tmp_path / "out" / "made.txt", "made")
    written = one.finish({"rows": 3})
    assert stage(tmp_path / "out", source).finished() == written
    assert set(written["outputs"]) == {"made.txt"} and written["figures"] == {"rows": 3}
    assert stage(tmp_path / "out", source, size=2).finished() is None
    write_text(source, "other reviews")
    assert stage(tmp_path / "out", source).finished() is None


def test_a_killed_stage_goes_on_only_with_the_same_work(tmp_path: Path, source: Path) -> None:
    stage(tmp_path / "out", source).begin()
    write_text(tmp_path / "out" / "half.txt", "half")
    assert stage(tmp_path / "out", source).begin() is True
    assert (tmp_path / "out" / "half.txt").exists()
    with pytest.raises(UserError, match="has an unfinished corpus"):
        stage(tmp_path / "out", source, size=2).begin()
    assert (tmp_path / "out" / "half.txt").exists(), "hours of work may lie there"
    assert stage(tmp_path / "out", source, size=2, replace=True).begin() is False
    assert not (tmp_path / "out" / "half.txt").exists()


def test_a_result_that_lost_a_file_is_made_again(tmp_path: Path, source: Path) -> None:
    stage(tmp_path / "out", source).begin()
    write_text(tmp_path / "out" / "weights", "heavy")
    write_text(tmp_path / "out" / "card", "light")
    stage(tmp_path / "out", source).finish({})
    (tmp_path / "out" / "weights").unlink()  # to make room, say
    assert stage(tmp_path / "out", source).finished() is None
    assert stage(tmp_path / "out", source).begin() is False
    assert not (tmp_path / "out" / "card").exists()


def test_a_folder_that_is_given_back_is_gone_or_still_known(tmp_path: Path, source: Path) -> None:
    stage(tmp_path / "out", source).begin()
    with pytest.raises(UserError), stage(tmp_path / "out", source).given_back():
        raise UserError("wrong input")
    assert not (tmp_path / "out").exists()
    stage(tmp_path / "out", source).begin()
    write_text(tmp_path / "out" / "half.txt", "half")  # and then the disk was full
    with pytest.raises(UserError), stage(tmp_path / "out", source).given_back():
        raise UserError("wrong input")
    assert stage(tmp_path / "out", source).begin() is True


def test_a_finished_folder_is_overwritten_only_when_asked(tmp_path: Path, source: Path) -> None:
    stage(tmp_path / "out", source).begin()
    stage(tmp_path / "out", source).finish({})
    with pytest.raises(UserError, match="other input or settings"):
        stage(tmp_path / "out", source, size=2).begin()
    assert stage(tmp_path / "out", source, size=2, replace=True).begin() is False
    assert manifest.read(tmp_path / "out") is None


def test_killed_while_the_old_result_is_removed_the_folder_is_still_known(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    stage(out, source).begin()
    write_text(out / "a" / "made.txt", "made")
    write_text(out / "b.txt", "made")
    stage(out, source).finish({})

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", killed)
        stage(out, source, size=2, replace=True).begin()
    assert stage(out, source).finished() is None, "half of it may be gone"
    assert stage(out, source, size=2, replace=True).begin() is False
    assert [path.name for path in out.iterdir()] == [manifest.UNFINISHED]


def test_killed_while_it_writes_its_very_first_mark_the_folder_is_free(tmp_path: Path, source: Path) -> None:
    """A real SIGKILL between the temporary file and its name."""
    out = tmp_path / "out"
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom aspectra.files import replacing\n"
        "with replacing(Path(sys.argv[1])):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(out / manifest.UNFINISHED)], check=False)
    assert [path.name for path in out.iterdir()] != [], "what it was writing lies there"
    assert stage(out, source).begin() is False


@pytest.mark.parametrize("replace", [False, True])
def test_what_the_stage_did_not_write_is_never_touched(tmp_path: Path, source: Path, replace: bool) -> None:
    write_text(tmp_path / "out" / "thesis.txt", "dear")
    with pytest.raises(UserError, match="has other files"):
        stage(tmp_path / "out", source, replace=replace).begin()
    stage(tmp_path / "other", source, name="elicit").begin()
    stage(tmp_path / "other", source, name="elicit").finish({})
    with pytest.raises(UserError, match="has other files"):
        stage(tmp_path / "other", source, replace=replace).begin()
    assert (tmp_path / "out" / "thesis.txt").read_text() == "dear"


def test_a_file_in_the_place_of_the_folder_is_refused(source: Path) -> None:
    with pytest.raises(UserError, match="is a file"):
        stage(source, source).begin()
    with pytest.raises(UserError, match="cannot create the folder"):
        stage(source / "below", source).begin()


def test_a_torn_manifest_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"stage": "cor')
    assert manifest.read(tmp_path) is None


def test_a_stage_folder_as_input_is_known_by_its_recorded_outputs(tmp_path: Path, source: Path) -> None:
    stage(tmp_path / "out", source).begin()
    write_text(tmp_path / "out" / "made.txt", "made")
    stage(tmp_path / "out", source).finish({})
    before = manifest.digest(tmp_path / "out")
    recorded = json.loads((tmp_path / "out" / "manifest.json").read_text())
    recorded["seconds"] = 999
    write_text(tmp_path / "out" / "manifest.json", json.dumps(recorded))
    assert manifest.digest(tmp_path / "out") == before
