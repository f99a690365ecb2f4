"""From a table of reviews to opinions, counts and a report: `aspectra analyze`; for Python also `frame` and
`topic_frame`.

The command's four steps are separate functions:

    table = read_table("reviews.csv")
    opinions = read_opinions(table, partial(aspectra.load, "runs/exported"), "opinions.parts")
    figures = count_opinions(table, opinions, by=["store"])
    write_opinions(table, opinions, "opinions.parquet")
"""

from aspectra.analyze.counts import count_opinions
from aspectra.analyze.frames import frame, topic_frame
from aspectra.analyze.output import write_opinions
from aspectra.analyze.reading import read_opinions
from aspectra.analyze.table import read_table
from aspectra.meaning.named import read_topics

__all__ = [
    "count_opinions",
    "frame",
    "read_opinions",
    "read_table",
    "read_topics",
    "topic_frame",
    "write_opinions",
]
