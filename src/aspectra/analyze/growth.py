"""An output that grows: of the tables that are given one after another, only the rows that are new are read.

They are written to a file of their own first (`OUT.parts/new.parquet`): what was begun is finished from there, whatever
table is given next. Then output and kept reviews (`kept`) are written anew, what was there before first; each is whole
or as it was, and both can be written again. A manifest without figures makes that count. Called by
`aspectra.analyze.analysis`.
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
from aspectra.analyze.table import Entry, Table, survey
from aspectra.errors import UserError
from aspectra.files import sha256, write_json
from aspectra.manifest import UNFINISHED, read
from aspectra.progress import counted, say

NEW = "new.parquet"  # in the folder of the parts


class Growth(Record):
    """The record of such an output. Its work is known by the model alone: what was read stands in `kept`."""

    def __init__(self, out: Path, model: str, name: str, excel_safe: bool) -> None:
        """`model` tells the reader from others, `name` is what a report calls it."""
        super().__init__(out, {"model": model}, {"append": True, "excel_safe": excel_safe}, excel_safe, False)
        self.model, self.name, self.new = model, name, self.parts / NEW
        self.done = read(out.parent, self.beside) if out.exists() else None

    def finished(self) -> None:
        """None, for what is new shows in the table alone.

        Raises UserError where what is there cannot grow by this work, or is not as it was left.
        """
        out, done = self.out, self.done
        if not out.exists():
            return
        if self.new.exists():  # it was stopped while it was written
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
        before, now = (text.partition(" from ") for text in (done["inputs"]["model"], self.model))
        if before[0] != now[0]:
            raise UserError(
                f"{out} was read by another model ({done['model']}), and one output is of one model; name another --out"
            )
        if before != now:
            raise UserError(
                f"{out} was made with --min-confidence {before[2] or 0}; give the same one, or name another --out"
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
        """Have what is new in a table of that name read, behind what was begun before; returns whether there was any.

        `find` is `read_opinions`, given all but a table and a folder.

        Raises UserError where the table has other columns, and what `read_opinions` raises.
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
        """Write the reviews of a table that are new to their file, if there are any, and return whether."""
        base: dict[str, Any] = {"reviews": 0, "row": 0, "extent": 0}
        known, layout = None, layout_of(table)
        self.empty()  # of what a run has left that was stopped at its very end
        if self.out.exists():
            kept = open_kept(self.kept)
            fields = fitted(kept.fields(), table, self.out)
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
            say(f"{found:,} of {counted(table.reviews, 'review')} are new")
        return found > 0

    def read(self, find: Callable[..., Parts]) -> None:
        """Have the reviews in the file of new ones read, and put them behind those before."""
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
                self.new.unlink()  # nothing was read of it: the folder is given back
            raise
        join(self.kept, new, opinions)
        write_opinions(new, opinions, self.out, excel_safe=self.excel_safe, after=base["extent"])
        before = self.done["files"] if self.done is not None and base["reviews"] else []
        self.done = {"files": list(dict.fromkeys([*before, base["name"]]))}
        # Without figures, which are counted next: what was read is not lost where that is stopped.
        self.done = self.manifest("", self.name, {}, {}, {})
        self.close(self.done)

    def manifest(
        self, reviews: str, model: str, view: Mapping[str, Any], figures: dict[str, Any], passed_over: dict[str, int]
    ) -> dict[str, Any]:
        """As of any output; `reviews` are all that something was new in."""
        files = (self.done or {})["files"]
        named = files[0] + (f" and {len(files) - 1:,} more" if files[1:] else "")
        return super().manifest(named, model, view, figures, passed_over) | {"files": files}

    def hashes(self) -> dict[str, Any]:
        """The digests of what was written; the kept reviews are what figures are of."""
        digests = {path.name: sha256(path) for path in (self.out, self.kept)}
        return {"inputs": {"reviews": digests[self.kept.name], "model": self.model}, "outputs": digests}

    def close(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, which makes the work count as done; the parts are needed no more."""
        write_json(self.out.with_name(self.beside), manifest)
        self.clear()

    def clear(self) -> None:
        """Remove the parts, their file of reviews first and the mark last: stopped meanwhile, the folder is known."""
        self.empty()
        shutil.rmtree(self.parts, ignore_errors=True)

    def empty(self) -> None:
        """Remove all of the parts but the mark by which the folder is known."""
        self.new.unlink(missing_ok=True)
        for path in self.parts.glob("*"):
            if path.name != UNFINISHED:
                path.unlink()

    def whole(self, date_column: str | None, stars_column: str | None) -> tuple[Kept, Grown]:
        """All reviews and their opinions, to be counted. Raises UserError as `read_table` does."""
        table = open_kept(self.kept)
        survey(table, date_column, stars_column, tell=False)  # of its columns the new table has told
        return table, Grown(self.kept, self.out, self.excel_safe)

    def shown(self, view: Mapping[str, Any]) -> dict[str, Any] | None:
        """The manifest, if its figures, and its report where one is asked for, are of these settings."""
        return self.done if self.done is not None and self.done["figures"] and shows(self.done, view) else None
