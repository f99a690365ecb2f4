"""What `pip install aspectra` puts on a machine: the quickstart's config and demo are in it, no checkout needed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
LOOK = (
    "from aspectra.places import config_file, locate\n"
    "from aspectra.recipes import RunConfig\n"
    "from aspectra.settings import load\n"
    "from aspectra.data.datasets import find, split\n"
    "config = load(RunConfig, config_file('quickstart'))\n"
    "print(locate(config.reviews), locate(config.elicit.model), len(split(find('atsa', 'hotels'), 'test')))\n"
)


def test_an_installed_wheel_has_all_that_the_quickstart_reads(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    made = subprocess.run(build, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 75e6
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert {"aspectra/configs/quickstart.yaml", "aspectra/elicit/prompts/analysis-v1.jinja"} <= names
    model = ROOT / "src" / "aspectra" / "model"
    assert {f"aspectra/model/{file.name}" for file in model.glob("*") if file.is_file()} <= names, "the shipped reader"
    assert not [name for name in names if "test" in Path(name).parts[0] or name.endswith(".sqlite")]
    found = subprocess.run(
        [sys.executable, "-c", LOOK],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin"},
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(str(tmp_path / "site")) and found.stdout.rstrip().endswith(" 200")
