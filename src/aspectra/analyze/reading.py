"""The slow part of `analyze`: reads all reviews, in processes or on a cluster.

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
    note: str | None = None,
) -> Parts:
    """Find the opinions of a table's reviews, and store them in `folder`, some reviews per file.

    `load` makes a predictor. It is called once in each of `workers` processes: in this process if there is one worker;
    with more it must be picklable (`functools.partial(aspectra.load, FOLDER)`). With a `cluster`, its actors do the
    work. Existing parts are not made again. If none is missing, no predictor is loaded; so use another folder for
    another predictor. `note` is a line for stderr when the reading begins.

    Returns the parts: (number of a review in its file, its opinions) in the order of the table; they can be iterated
    repeatedly.

    Raises whatever `load` raises, UserError if the folder has parts of another table or a node of the cluster cannot
    load the model, AspectraError if a process dies.
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
    if note is not None:
        say(note)
    if cluster is not None:
        made = across(parts, load, cluster)
    else:
        made = alone(parts.missing(), load) if workers == 1 else shared(parts.missing(), load, workers)
    with progress("reviews", left) as bar:
        for count in made:
            parts.claim()  # only now: a folder without any parts is removed on failure
            bar.advance(count)
    return parts
