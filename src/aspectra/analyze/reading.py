"""The long part of `analyze`: the opinions of all the reviews, by whoever is to read them.

Called by `aspectra.analyze.analysis`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aspectra.analyze.actors import across
from aspectra.analyze.parts import Parts
from aspectra.analyze.processes import alone, shared
from aspectra.analyze.table import Table
from aspectra.cluster import Cluster
from aspectra.errors import UserError
from aspectra.progress import progress, say
from aspectra.readers.extraction import Extractor

SIZE = 128  # reviews in a part: a slow student takes a minute for them


def read_opinions(
    table: Table,
    load: Callable[[], Extractor],
    folder: Path | str,
    *,
    workers: int = 1,
    cluster: Cluster | None = None,
) -> Parts:
    """Find the opinions of a table's reviews, and keep them in `folder`, some reviews a file.

    `load` makes a predictor. It is called once in each of so many `workers`: with one in this process, with more in
    processes of their own, to which it must be picklable (`functools.partial(aspectra.load, FOLDER)`). With a
    `cluster` its actors read instead. A part that is there already is not made again, and with nothing to do no
    predictor is loaded: so name another folder for another predictor.

    Returns the parts: (number of a review in its file, what was found in it) in the order of the table, as often as
    they are walked over.

    Raises what `load` raises, UserError where the folder has parts of another table or a node of the cluster cannot
    load, AspectraError where a process died.
    """
    if workers < 1:
        raise UserError(f"workers: {workers} is too few; use one or more")
    parts = Parts(table, Path(folder).absolute(), SIZE)
    parts.check()
    left = parts.left()
    if left < table.reviews:
        say(f"resuming: {table.reviews - left:,} of {table.reviews:,} reviews are done")
    if not left:
        return parts
    if cluster is not None:
        made = across(parts, load, cluster)
    else:
        made = alone(parts.missing(), load) if workers == 1 else shared(parts.missing(), load, workers)
    with progress("reviews", left) as bar:
        for count in made:
            parts.claim()  # only now: a folder in which nothing was made is given back
            bar.advance(count)
    return parts
