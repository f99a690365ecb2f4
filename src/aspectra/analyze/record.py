"""The record of an output: its manifest, written last, and until then its parts.

Called by `aspectra.analyze.analysis`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aspectra.analyze.kept import kept_of
from aspectra.analyze.source import parted
from aspectra.circumstances import circumstances
from aspectra.errors import UserError
from aspectra.files import canonical, sha256, write_json
from aspectra.manifest import MANIFEST, UNFINISHED, Stage, read

VERSION = 1  # of the parts; another version is not resumed
LATER = ("id_column", "encoding", "delimiter")  # settings that outputs of earlier versions do not have


class Record:
    """Of one output: `OUT.manifest.json` beside it and, until that is written, `OUT.parts`.

    The work is identified by its `inputs` (the content of the reviews, and the model) and by the settings in `reading`,
    which affect the parts; the output by `excel_safe` too.
    """

    def __init__(
        self, out: Path, inputs: Mapping[str, Path | str], reading: Mapping[str, Any], excel_safe: bool, replace: bool
    ) -> None:
        self.out, self.excel_safe, self.replace = out, excel_safe, replace
        self.beside = f"{out.name}.{MANIFEST}"
        self.parts = out.with_name(f"{out.name}.parts")
        self.kept = kept_of(out)  # of an output that grows (`growth`)
        self.before = read(out.parent, self.beside)  # the manifest of the last run
        # At their defaults they are left out, so that older outputs keep their key.
        reading = {name: value for name, value in reading.items() if value is not None or name not in LATER}
        self.stage = Stage("analyze", self.parts, dict(inputs), {"version": VERSION, **reading}, replace)
        self.key = hashlib.sha256(canonical([self.stage.key(), excel_safe]).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """The manifest, if this work is finished and its output is unchanged.

        Raises UserError if the output belongs to other work, unless it may be replaced.
        """
        found = self.before or {}
        same = found.get("key") == self.key and self.out.is_file()
        if same and found["outputs"].get(self.out.name) == sha256(self.out):
            return found
        # An output with parts of the same work: it was interrupted before the manifest.
        stopped = (read(self.parts, UNFINISHED) or {}).get("key") == self.stage.key()
        if self.out.exists() and not (self.replace or stopped):
            if not found and not self.parts.exists():
                raise UserError(f"{self.out} exists, and was not made by `aspectra analyze`; name another --out")
            grows = found.get("config", {}).get("append")  # a stopped run has no manifest
            raise UserError(
                f"{self.out} exists, made {self.otherwise(found)}; overwrite it with --replace"
                + (", or add the new reviews to it with --append" if grows else ", or name another --out")
            )
        return None

    def otherwise(self, before: Mapping[str, Any]) -> str:
        """How the run of a manifest differs from this one; a stopped run has none."""
        if not before:
            return "by a run with other reviews, another model or other settings"
        inputs, hashes = before.get("inputs", {}), self.stage.hashes()
        other = [name for name in sorted({*inputs, *hashes}) if inputs.get(name) != hashes.get(name)]
        if "model" in other and parted(inputs["model"])[0] == parted(hashes["model"])[0]:
            other[other.index("model")] = "--min-confidence"
        settings, now = before.get("config", {}), self.settings()
        named = dict.fromkeys((*now, *(name for name in LATER if name in settings)))
        changed = [name for name in named if settings.get(name) != now.get(name)]
        other += ["version of Aspectra" if name == "version" else f"--{name.replace('_', '-')}" for name in changed]
        if other:
            return f"with other settings or input ({', '.join(other)})"
        return f"by this run, but the output has changed since: its {self.beside} describes another file"

    def settings(self) -> dict[str, Any]:
        """The settings that the output depends on."""
        return {**self.stage.config, "excel_safe": self.excel_safe}

    @contextmanager
    def making(self) -> Iterator[Path]:
        """Claim the folder of the parts, to start or to resume; it is removed if the input is invalid."""
        self.stage.begin()
        with self.stage.given_back():
            yield self.parts

    def manifest(
        self, reviews: str, model: str, view: Mapping[str, Any], figures: dict[str, Any], passed_over: dict[str, int]
    ) -> dict[str, Any]:
        """The manifest of the output: `reviews` and `model` by name, `view` has the settings of the report."""
        hashes = self.hashes()
        return {
            "stage": self.stage.name,
            "key": self.key,
            "inputs": hashes["inputs"],
            "reviews": reviews,
            "model": model,
            "config": {**self.settings(), **view},
            "figures": figures,
            "passed_over": passed_over,
            "outputs": hashes["outputs"],
            **circumstances(self.stage.started),
        }

    def hashes(self) -> dict[str, Any]:
        """The hashes of the inputs and outputs."""
        return {"inputs": self.stage.hashes(), "outputs": {self.out.name: sha256(self.out)}}

    def left(self, manifest: Mapping[str, Any]) -> str | None:
        """The report of the last run, if it is still there, and this run has other figures and writes none."""
        before = self.before or {}
        page = before.get("config", {}).get("report")
        if page is None or manifest["config"]["report"] is not None:
            return None
        if canonical(before["figures"]) == canonical(manifest["figures"]):
            return None
        return str(page) if Path(page).is_file() and sha256(Path(page)) == before["outputs"].get(page) else None

    def close(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, which marks the work as done, and remove what was only needed until then."""
        write_json(self.out.with_name(self.beside), manifest)
        self.clear()

    def clear(self) -> None:
        """Remove the parts, and the reviews that an output kept before."""
        shutil.rmtree(self.parts, ignore_errors=True)
        self.kept.unlink(missing_ok=True)


def shows(done: dict[str, Any], view: Mapping[str, Any]) -> bool:
    """Whether a manifest's figures, and its report if one is requested, have these settings."""
    report = view["report"]
    of_report = ("report", "title")
    asked = {name: value for name, value in view.items() if report is not None or name not in of_report}
    if "topics" not in done["figures"]:  # an earlier version had no topics
        return False
    if any(done["config"].get(name) != value for name, value in asked.items()):
        return False
    return report is None or (Path(report).is_file() and sha256(Path(report)) == done["outputs"].get(report))
