"""An output that grows (`--append`): of each new table, only the new rows are read.

They are first written to a separate file (`OUT.parts/new.parquet`). An interrupted run resumes from there, whatever
table comes next. Then the output and the kept reviews (`kept`) are written again, old rows first. Each write is atomic
and can be repeated. A manifest without figures marks them as valid. Called by `aspectra.analyze.analysis`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aspectra.analyze.kept import Grown, Kept, fitted, join, layout_of, marked, open_kept, write_new
from aspectra.analyze.known import Known
from aspectra.analyze.output import extent, write_opinions
from aspectra.analyze.parts import Parts
from aspectra.analyze.record import Record, shows
from aspectra.analyze.source import parted
from aspectra.analyze.table import Entry, Table, survey
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.manifest import UNFINISHED
from aspectra.progress import counted, say

NEW = "new.parquet"  # in the folder of the parts


class Growth(Record):
    """The record of a growing output. Only the model identifies it; `kept` has the reviews that were read."""

    def __init__(self, out: Path, model: str, name: str, excel_safe: bool) -> None:
        """`model` is the reader's identity, `name` its name in a report."""
        super().__init__(out, {"model": model}, {"append": True, "excel_safe": excel_safe}, excel_safe, False)
        self.model, self.name, self.new = model, name, self.parts / NEW
        self.done = self.before if out.exists() else None

    def finished(self) -> None:
        """None, because only the table shows what is new.

        Raises UserError if the output cannot be extended with these settings, or if it was changed.
        """
        out, done = self.out, self.done
        if not out.exists():
            return
        if self.new.exists():  # an earlier run was interrupted during the write
            return
        if done is None:
            raise UserError(
                f"{out} has no {self.beside} beside it, so that what is new is not known; name another --out"
            )
        if not done["config"].get("append"):
            raise UserError(
                f"{out} was made without --append, so that what it was made of is not kept; name another --out"
            )
        if done["config"]["version"] != self.stage.config["version"]:
            raise UserError(f"{out} is of another version of Aspectra; name another --out")
        before, now = parted(done["inputs"]["model"]), parted(self.model)
        if before[0] != now[0]:
            raise UserError(
                f"{out} was read by another model ({done['model']}), and one output is of one model; name another --out"
            )
        if before != now:
            raise UserError(
                f"{out} was made with --min-confidence {before[1]}; give the same one, or name another --out"
            )
        if done["config"]["excel_safe"] != self.excel_safe:
            with_ = "with" if done["config"]["excel_safe"] else "without"
            raise UserError(f"{out} was made {with_} --excel-safe; call it so again, or name another --out")
        for path in (out, self.kept):
            if not path.exists() or done["outputs"].get(path.name) != sha256(path):
                raise UserError(
                    f"{path} was changed or removed since {out} was made; put it back, or name another --out"
                )

    def take_in(self, table: Table, name: str, find: Callable[..., Parts]) -> bool:
        """Read the new reviews of a table, after those of an interrupted run; return whether there were any.

        `find` is `read_opinions` with all arguments except table and folder.

        Raises UserError if the table has other columns, and whatever `read_opinions` raises.
        """
        with self.making():
            begun = self.new.exists()
            if begun:
                say(f"going on with {counted(open_kept(self.new).reviews, 'review')} of the run before")
            elif not self.note(table, name):
                self.clear()
                return False
            self.read(find)
        if begun:
            self.take_in(table, name, find)
        return True

    def note(self, table: Table, name: str) -> bool:
        """Write the new reviews of a table to their file, if there are any; return whether there are."""
        base: dict[str, Any] = {"reviews": 0, "row": 0, "extent": 0}
        known, layout = None, layout_of(table)
        self.empty()  # remnants of a run that was interrupted at its very end
        if self.out.exists():
            kept = open_kept(self.kept)
            fields = fitted(kept, table, self.out)
            for what, option in (("text", "text_column"), ("id", "id_column")):
                before, now = (getattr(each, option) for each in (kept.layout, layout))
                if before != now:
                    raise UserError(
                        f"the {what}s of {self.out} are of column '{before}', not '{now}'; give --{what}-column, or "
                        "name another --out"
                    )
            known = Known(kept.digests())
            base = {"reviews": kept.reviews, "row": kept.last(), "extent": extent(self.out)}
        else:
            fields = fitted(None, table, self.out)
        found = 0

        def new() -> Iterator[tuple[int, Entry]]:
            nonlocal found
            for mark, entry in marked(table):
                if known is None or not known.take(mark):
                    found += 1
                    yield mark, entry

        write_new(table, self.new, fields, layout, base | {"name": name}, new())
        if not found:
            self.new.unlink()
        elif base["reviews"]:
            say(f"{found:,} of {counted(table.reviews, 'review')} {'is' if found == 1 else 'are'} new")
        return found > 0

    def read(self, find: Callable[..., Parts]) -> None:
        """Read the reviews in the file of new ones, and append them to the earlier ones."""
        new = open_kept(self.new)
        base = new.base
        if base["reviews"] and not (self.out.exists() and self.kept.exists()):
            raise UserError(
                f"{self.parts} goes on from {self.out} and {self.kept}; put them back, or delete the folder"
            )
        try:
            opinions = find(new, folder=self.parts)
        except UserError:
            if not any(self.parts.glob("*.part")):
                self.new.unlink()  # nothing was read yet: the folder can be removed
            raise
        join(self.kept, new, opinions)
        write_opinions(new, opinions, self.out, excel_safe=self.excel_safe, after=base["extent"])
        before = self.done["files"] if self.done is not None and base["reviews"] else []
        self.done = {"files": list(dict.fromkeys([*before, base["name"]]))}
        # Without figures, which are counted next: if that is interrupted, the opinions are not lost.
        self.done = self.manifest("", self.name, {}, {}, {})
        self.close(self.done)

    def manifest(
        self, reviews: str, model: str, view: Mapping[str, Any], figures: dict[str, Any], passed_over: dict[str, int]
    ) -> dict[str, Any]:
        """As for any output; `reviews` are all the files that had new ones."""
        files = (self.done or {})["files"]
        named = files[0] + (f" and {len(files) - 1:,} more" if files[1:] else "")
        return super().manifest(named, model, view, figures, passed_over) | {"files": files}

    def hashes(self) -> dict[str, Any]:
        """The hashes of the written files; figures are computed from the kept reviews."""
        digests = {path.name: sha256(path) for path in (self.out, self.kept)}
        return {"inputs": {"reviews": digests[self.kept.name], "model": self.model}, "outputs": digests}

    def clear(self) -> None:
        """Remove the parts, the file of reviews first and the mark last, so an interrupted removal is recognized."""
        self.empty()
        shutil.rmtree(self.parts, ignore_errors=True)

    def empty(self) -> None:
        """Remove all parts, but not the mark that identifies the folder."""
        self.new.unlink(missing_ok=True)
        for path in self.parts.glob("*"):
            if path.name != UNFINISHED:
                path.unlink()

    def whole(self, date_column: str | None, stars_column: str | None) -> tuple[Kept, Grown]:
        """All reviews and their opinions, for counting. Raises UserError as `read_table` does."""
        table = open_kept(self.kept)
        survey(table, date_column, stars_column, cells=False)  # cells were reported for the new table
        return table, Grown(self.kept, self.out, self.excel_safe)

    def shown(self, view: Mapping[str, Any]) -> dict[str, Any] | None:
        """The manifest, if its figures and the report (if requested) have these settings."""
        return self.done if self.done is not None and self.done["figures"] and shows(self.done, view) else None
