"""A package index on this machine, and a cache of models that nothing is in."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from aspectra.models.packaged import Wheel

Put = Callable[[str, bytes], Wheel]


def wheel(module: str, content: bytes) -> bytes:
    """A wheel of version 1.0 that holds one file."""
    whole = io.BytesIO()
    about, name = f"{module}-1.0.dist-info", module.replace("_", "-")
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(f"{module}/packed", content)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return whole.getvalue()


@pytest.fixture
def put(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a file, in a wheel of its own, into an index that is the only one that pip asks."""
    monkeypatch.setenv("PIP_INDEX_URL", httpserver.url_for("/simple"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")

    def put(package: str, content: bytes) -> Wheel:
        module = package.replace("-", "_")
        packed, name = wheel(module, content), f"{module}-1.0-py3-none-any.whl"
        httpserver.expect_request(f"/simple/{package}/").respond_with_data(
            f'<a href="/files/{name}">{name}</a>', content_type="text/html"
        )
        httpserver.expect_request(f"/files/{name}").respond_with_data(packed)
        return Wheel(package, "1.0", hashlib.sha256(packed).hexdigest(), f"{module}/packed")

    return put


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASPECTRA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
