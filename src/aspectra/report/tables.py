"""Figures, signs and lists as text, and rows of Markdown tables. Called by all reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import mean
from typing import TypeVar

T = TypeVar("T")

SIGNS = {"positive": "+", "negative": "−", "neutral": "○", "conflict": "±"}


def distinct(values: Iterable[T]) -> list[T]:
    """The distinct values, in order of appearance."""
    return list(dict.fromkeys(values))


def line(cells: Sequence[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def spread(values: Sequence[float]) -> str:
    """A mean, with the range if there are several values.

    >>> spread([50.0]), spread([50.0, 52.0])
    ('50.00', '51.00 (50.00 to 52.00)')
    """
    if not values:
        return "-"
    ends = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return f"{mean(values):.2f}{ends}"


def percent(fraction: float | None) -> str:
    """A fraction as percent without the sign, as for F1.

    >>> percent(0.6123), percent(None)
    ('61.23', '–')
    """
    return "–" if fraction is None else f"{100 * fraction:.2f}"


def signed(fraction: float) -> str:
    """A difference of two fractions in percentage points.

    >>> signed(0.031), signed(-0.0425)
    ('+3.10', '−4.25')
    """
    return f"{100 * fraction:+.2f}".replace("-", "−")


def number(value: float | None) -> str:
    """Three significant digits, with thousands separators, without an exponent.

    >>> number(12345.6), number(41.26), number(0.01234), number(0), number(None)
    ('12,346', '41.3', '0.0123', '0', '–')
    """
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 - int(f"{abs(value):e}".partition("e")[2])
    return f"{value:.{digits}f}"


def size(parameters: int | None) -> str:
    """A model's size.

    >>> size(135_000_000), size(1_540_000_000), size(60_512), size(None)
    ('135 M', '1.5 B', '0.06 M', '–')
    """
    if parameters is None:
        return "–"
    if parameters >= 1e9:
        return f"{parameters / 1e9:.1f} B"
    return f"{parameters / 1e6:.0f} M" if parameters >= 1e6 else f"{parameters / 1e6:.2f} M"


def chance(p: float | None) -> str:
    """A p-value; a small one only as a bound, because it was estimated from a finite number of draws.

    >>> chance(0.0312), chance(0.0002), chance(None)
    ('0.031', '< 0.001', '–')
    """
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def escape(text: str) -> str:
    r"""Text escaped for Markdown, also in a table's cell: no markup, no HTML, one line.

    >>> print(escape("a|b <i> *c*"))
    a\|b &lt;i> \*c\*
    """
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*\[\]|#])", r"\\\1", plain)
