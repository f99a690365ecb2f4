"""Reads the file that a judging page saves: an audit of a teacher, or a check of a reader.

Called by `aspectra score --audit` and, for labels, by `aspectra.data.imports`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aspectra.errors import UserError

AUDIT, CHECK = "audit", "check"  # keys that identify the two files


def read(file: Path) -> dict[str, Any]:
    """The JSON document, which has `AUDIT` or `CHECK`. Raises UserError for a file that no such page saved."""
    wrong = UserError(
        f"{file} is not a saved audit or check: `aspectra elicit --audit 50 --out DIR` or `aspectra check "
        "REVIEWS OPINIONS` makes the page that saves one"
    )
    try:
        saved = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"no file {file}") from None
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(saved, dict) or not (CHECK in saved or isinstance(saved.get("opinions"), list)):
        raise wrong
    return saved
