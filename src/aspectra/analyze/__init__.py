"""A table of reviews to opinions, counts over them, and a report: `aspectra analyze`, and for Python `frame`.

The command's four steps can be called one by one:

    table = read_table("reviews.csv")
    opinions = read_opinions(table, partial(aspectra.load, "runs/exported"), "opinions.parts")
    figures = count_opinions(table, opinions, by=["store"])
    write_opinions(table, opinions, "opinions.parquet")

`count_topics` counts by what targets mean.
"""

from aspectra.analyze.counts import count_opinions
from aspectra.analyze.frames import frame
from aspectra.analyze.named import read_topics
from aspectra.analyze.output import write_opinions
from aspectra.analyze.reading import read_opinions
from aspectra.analyze.table import read_table
from aspectra.analyze.topic_counts import count_topics

__all__ = [
    "count_opinions",
    "count_topics",
    "frame",
    "read_opinions",
    "read_table",
    "read_topics",
    "write_opinions",
]
