"""Dates in review tables: finds the column and its format, and groups days into periods (weeks, months, years).

Called by `aspectra.analyze.table`, `counts` and `periods`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

from aspectra.analyze.absent import absent
from aspectra.analyze.unreadable import ASKED
from aspectra.errors import UserError
from aspectra.progress import counted, say

Unit = Literal["day", "week", "month", "quarter", "year"]

LONGEST: dict[Unit, int] = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}  # days, in ascending order
TYPICAL = 10  # reviews of a period on average: with fewer, its shares are mostly chance

NAME = re.compile(r"(^|[\W_])(date|datetime|time|timestamp|created|published|posted|submitted|written)([\W_]|$)", re.I)
GLUED = re.compile(r"(review|created?|post|publish|submit|unixreview|stay)(date|time|at|on)$", re.I)
# The first of those that parse most of the sample is used; so 1/2/2026 is in January unless other dates rule that out.
WAYS = (
    "iso", "epoch", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%m-%d-%y", "%d-%m-%y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y",
    "%m %d %Y",    "%Y %B %d", "%Y %b %d", "%d %B %y", "%d %b %y", "%B %Y", "%b %Y", "%Y-%m", "%Y/%m", "%m/%Y", "%Y",
)  # fmt: skip
# A time of day, with what may follow it: seconds, half of the day, zone. The year may come last, as in the output of
# `date`.
TIME = r"\d{1,2}(?::\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\b\.?)?|\s*[ap]\.?m\b\.?)"
ZONE = r"(?:\s*(?:Z|(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?|[A-Z]{3,4}))?(?:\s*\([^()]*\))?"
CLOCK = re.compile(rf"(?<=\d)(?:T|,?\s+(?:at\s+)?|\s*[-|@]\s+|\s*@\s*){TIME}{ZONE}(?=$|\s+\d{{4}}$)", re.IGNORECASE)
REST = re.compile(r"[T,\s]+\d{1,2}:\d{2}.*$")
EARLY = re.compile(rf"^{TIME}{ZONE}[,\s]+(?:on\s+)?", re.IGNORECASE)  # before the date
DAY_NAME = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?", re.IGNORECASE)
MONTH_NAME = re.compile(r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)[a-z]*", re.IGNORECASE)
ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b(?:\s+of\b)?", re.IGNORECASE)
ENOUGH = 0.8
HALF_YEAR = 183  # days


@dataclass(frozen=True)
class Dates:
    """A date column and its format: `iso`, `epoch` (seconds or milliseconds), or a format of `strptime`."""

    column: str
    way: str

    def day(self, values: dict[str, Any]) -> date | None:
        """The day of a review; None if the cell has none."""
        return read(values.get(self.column), self.way)

    def orders(self) -> list[Dates]:
        """These dates, and the same with day and month exchanged, if both are numbers."""
        if not {"%d", "%m"} <= set(re.findall("%.", self.way)):
            return [self]
        other = re.sub("%[dm]", lambda found: "%m" if found[0] == "%d" else "%d", self.way)
        return [self, Dates(self.column, other)] if other in WAYS else [self]


def read(value: Any, way: str) -> date | None:
    """A cell as a day; None if it does not have this format."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if value is None or isinstance(value, bool):
        return None
    if way == "epoch":
        return epoch(value)
    text = EARLY.sub("", str(value).strip())
    if way == "iso":
        try:
            return date.fromisoformat(text[:10]) if text[4:5] == "-" else None
        except ValueError:
            return None
    return parse(worded(text), way)


@lru_cache(maxsize=20_000)
def worded(text: str) -> str:
    """A date without its time of day and name of the day, and with plain signs around the name of a month.

    >>> worded("Thu, 02 Jan 2025 10:00:00 +0000"), worded("Jan. 2nd, 2025 at 10 am"), worded("13-Sept-2025")
    ('02 Jan 2025', 'Jan 2 2025', '13 Sep 2025')
    """
    text = REST.sub("", CLOCK.sub("", text))
    text = ORDINAL.sub(r"\1", DAY_NAME.sub("", text))
    if MONTH_NAME.search(text) or re.search(r"\bmay\b", text, re.IGNORECASE):
        text = re.sub(r"\bsept\b", "Sep", re.sub(r"[-/.,_'’]", " ", text), flags=re.IGNORECASE)
    elif "," in text:
        text = text.replace(",", " ")
    return " ".join(text.split())


@lru_cache(maxsize=20_000)
def parse(text: str, way: str) -> date | None:
    try:
        return datetime.strptime(text, way).date()
    except ValueError:
        return None


def epoch(value: Any) -> date | None:
    """Seconds or milliseconds since 1970, from 1980 on: smaller numbers are ratings or years, not dates."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    seconds = number / 1000 if abs(number) > 1e11 else number
    if not 315_532_800 <= seconds < 4_102_444_800:
        return None
    return datetime.fromtimestamp(seconds, UTC).date()


def find_dates(sample: Sequence[dict[str, Any]], given: str | None, tell: bool = True) -> Dates | None:
    """The date column: the one `given`, or the first whose name suggests a date and whose cells are dates.

    Cells without a value (`absent`) do not count. If columns have such names but none has dates, a message says so,
    unless `tell` is false. Raises UserError if less than half of the given column's cells are dates.
    """
    columns = dict.fromkeys(name for values in sample for name in values)
    given_up: list[str] = []
    for column in [given] if given else [name for name in columns if NAME.search(name) or GLUED.search(name)]:
        cells = [value for values in sample if not absent(value := values.get(column))]
        hits = Counter({way: sum(read(cell, way) is not None for cell in cells) for way in WAYS})
        way, most = max(hits.items(), key=lambda pair: (pair[1], -WAYS.index(pair[0])))
        if cells and most >= (ASKED if given else ENOUGH) * len(cells):
            return Dates(column, way)
        shown = next((str(cell) for cell in cells if read(cell, way) is None), "nothing")[:40]
        if given:
            few = f"dates in only {most} of {len(cells)} cells" if most else "no readable dates"
            raise UserError(f"column '{given}' has {few} ('{shown}'); write YYYY-MM-DD")
        why = (
            f"{most} of {len(cells)} cells are readable dates, not '{shown}'"
            if cells
            else f"no value in {counted(len(sample), 'row')}"
        )
        given_up.append(f"column '{column}' is not used for dates ({why})")
    if given_up and tell:
        say(
            f"{'; '.join(given_up)}: the report has no charts over time; name another column with --date, or "
            "write YYYY-MM-DD"
        )
    return None


def unit_for(first: date, last: date) -> Unit:
    """The unit for grouping days, so that a chart has at most about sixty positions."""
    days = (last - first).days
    if days <= 240:
        return "day" if days <= 35 else "week"
    return "month" if days <= 5 * 366 else "quarter" if days <= 15 * 366 else "year"


def floor(day: date, unit: Unit) -> date:
    """The first day of the day's week (Monday), month, quarter or year.

    >>> floor(date(2026, 11, 22), "week").isoformat(), floor(date(2026, 11, 22), "month").isoformat()
    ('2026-11-16', '2026-11-01')
    """
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "day":
        return day
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[unit]
    return day.replace(month=month, day=1)


def following(start: date, unit: Unit) -> date:
    """The start of the next unit."""
    return floor(start + timedelta(days=LONGEST[unit]), unit)


def between(first: date, last: date, unit: Unit) -> tuple[date, ...]:
    """The starts of all periods from the first to the last day."""
    starts = [floor(first, unit)]
    while starts[-1] < floor(last, unit):
        starts.append(following(starts[-1], unit))
    return tuple(starts)


@dataclass(frozen=True)
class Clock:
    """The time axis of the reviews. Reviews from `border` on count as late; None if there is only one day."""

    dates: Dates
    unit: Unit
    starts: tuple[date, ...]
    border: date | None


def ends(days: Counter[date]) -> tuple[date, date]:
    """The first and the last day of the charts over time, from the number of reviews of each day.

    A mistyped year must not stretch the axis, so days that are both rare and far off are left out. Rare are the
    outermost 1 % of the reviews at each end (of 10 to 100 reviews, one). Far off means: the distance to all others is
    more than half a year, and more than these others span.
    """
    ordered, total = sorted(days), days.total()
    rare = min(-(-total // 100), total // 10)

    def inmost(outside_in: Sequence[date]) -> date:
        so_far = accumulate(days[day] for day in outside_in)
        return next(day for day, count in zip(outside_in, so_far, strict=True) if count > rare)

    first, last = inmost(ordered), inmost(ordered[::-1])
    room = max((last - first).days, HALF_YEAR)
    near = [day for day in ordered if (first - day).days <= room and (day - last).days <= room]
    return near[0], near[-1]


def clock(dates: Dates, days: Counter[date]) -> Clock | None:
    """The clock of a table; None without dates.

    Its unit is the shortest that fits the range (`unit_for`) and has `TYPICAL` reviews in a period on average. If the
    reviews are too few for that, it is the longest that leaves two periods.
    """
    if not days:
        return None
    first, last = ends(days)
    shown = sum(count for day, count in days.items() if first <= day <= last)
    units = list(LONGEST)
    unit = unit_for(first, last)
    starts = between(first, last, unit)
    for longer in units[units.index(unit) + 1 :]:
        if shown >= TYPICAL * len(starts) or len(fewer := between(first, last, longer)) < 2:
            break
        unit, starts = longer, fewer
    return Clock(dates, unit, starts, middle(days, first, last))


def middle(days: Counter[date], first: date, last: date) -> date | None:
    """The day after the first, up to the last, that divides all reviews most evenly into those before and the others.

    It does not depend on the unit, because long periods divide few reviews badly. None if there is no such day.
    """
    ordered, total = sorted(days), days.total()
    before = dict(zip(ordered, accumulate((days[day] for day in ordered), initial=0), strict=False))
    inner = (day for day in ordered if first < day <= last)
    return min(inner, key=lambda day: abs(total - 2 * before[day]), default=None)
