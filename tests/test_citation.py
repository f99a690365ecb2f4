"""CITATION.cff is of the software, at the version that is installed, and names the paper beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def test_the_software_is_cited_at_its_version_and_the_paper_beside_it() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= cited.keys(), "what the format demands"
    assert (cited["type"], cited["version"], cited["license"]) == ("software", project["version"], project["license"])
    assert "preferred-citation" not in cited, "it would stand in the software's place"
    (paper,) = cited["references"]
    assert paper["identifiers"][0]["value"] == "arXiv:2412.18552" and len(paper["authors"]) == 8
