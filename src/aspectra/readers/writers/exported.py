"""What an export of a writer is: its format, and the packages that run it. Called by `convert` and `in_ct2`."""

from __future__ import annotations

import importlib.util

from aspectra.errors import MissingExtraError

FORMAT = 1  # of an export; one that this version cannot read has another
DEPLOY_PACKAGES = ("ctranslate2", "tokenizers")


def need_deploy(what: str) -> None:
    """Raise MissingExtraError unless what runs an export is installed."""
    if any(importlib.util.find_spec(package) is None for package in DEPLOY_PACKAGES):
        raise MissingExtraError("deploy", what)
