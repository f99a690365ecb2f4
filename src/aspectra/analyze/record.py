"""What was done for an output: its manifest, written last, and its parts meanwhile.

Called by `aspectra.analyze.analysis`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aspectra.circumstances import circumstances
from aspectra.errors import UserError
from aspectra.files import canonical, sha256, write_json
from aspectra.manifest import MANIFEST, UNFINISHED, Stage, read

VERSION = 1  # of the parts; another one is not gone on with


class Record:
    """Of one output: `OUT.manifest.json` beside it and, until that is written, `OUT.parts`.

    The work is known by its `inputs`, the reviews by their content and the model, and by the settings in `reading`,
    which decide what the parts hold; the output by `excel_safe` too.
    """

    def __init__(
        self, out: Path, inputs: Mapping[str, Path | str], reading: Mapping[str, Any], excel_safe: bool, replace: bool
    ) -> None:
        self.out, self.excel_safe, self.replace = out, excel_safe, replace
        self.beside = f"{out.name}.{MANIFEST}"
        self.parts = out.with_name(f"{out.name}.parts")
        self.kept = out.with_name(f"{out.name}.reviews.parquet")  # of an output that grows (`growth`)
        self.stage = Stage("analyze", self.parts, dict(inputs), {"version": VERSION, **reading}, replace)
        self.key = hashlib.sha256(canonical([self.stage.key(), excel_safe]).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """The manifest, if this very work was done and its output is as it was left.

        Raises UserError where the output is of other work, unless it may be replaced.
        """
        found = read(self.out.parent, self.beside) or {}
        same = found.get("key") == self.key and self.out.is_file()
        if same and found["outputs"].get(self.out.name) == sha256(self.out):
            return found
        # An output beside parts of this very work: it was stopped between the two and the manifest.
        stopped = (read(self.parts, UNFINISHED) or {}).get("key") == self.stage.key()
        if self.out.exists() and not (self.replace or stopped):
            raise UserError(
                f"{self.out} exists, with other reviews, another model or other settings; overwrite it with --replace, "
                "or add the new reviews to it with --append"
            )
        return None

    @contextmanager
    def making(self) -> Iterator[Path]:
        """Claim the folder of the parts, to begin them or to go on; it is given back where the input was wrong."""
        self.stage.begin()
        with self.stage.given_back():
            yield self.parts

    def manifest(
        self, reviews: str, model: str, view: Mapping[str, Any], figures: dict[str, Any], passed_over: dict[str, int]
    ) -> dict[str, Any]:
        """What is to be written beside the output: `reviews` and `model` by name, `view` as it was set."""
        hashes = self.hashes()
        return {
            "stage": self.stage.name,
            "key": self.key,
            "inputs": hashes["inputs"],
            "reviews": reviews,
            "model": model,
            "config": {**self.stage.config, "excel_safe": self.excel_safe, **view},
            "figures": figures,
            "passed_over": passed_over,
            "outputs": hashes["outputs"],
            **circumstances(self.stage.started),
        }

    def hashes(self) -> dict[str, Any]:
        """The digests of what was read and of what was written."""
        return {"inputs": self.stage.hashes(), "outputs": {self.out.name: sha256(self.out)}}

    def close(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, which makes the work count as done; the parts are needed no more."""
        write_json(self.out.with_name(self.beside), manifest)
        shutil.rmtree(self.parts, ignore_errors=True)
        self.kept.unlink(missing_ok=True)


def shows(done: dict[str, Any], view: Mapping[str, Any]) -> bool:
    """Whether the figures of a manifest, and its report where one is asked for, are of these settings."""
    report = view["report"]
    of_report = ("report", "title")
    asked = {name: value for name, value in view.items() if report is not None or name not in of_report}
    if "topics" not in done["figures"]:  # an earlier version counted no topics
        return False
    if any(done["config"].get(name) != value for name, value in asked.items()):
        return False
    return report is None or (Path(report).is_file() and sha256(Path(report)) == done["outputs"].get(report))
