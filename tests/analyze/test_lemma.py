"""Grouping by lemma begins at once: what takes a second is loaded when the first target is grouped."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aspectra.analyze.lemma import grouping, languages
from aspectra.errors import UserError

LOOK = (
    "import sys\n"
    "from aspectra.analyze.lemma import grouping\n"
    "key = grouping('en')\n"
    "print('simplemma' in sys.modules, key('the Rooms'), 'simplemma' in sys.modules)\n"
)


def test_the_dictionary_waits_for_the_first_target() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True)
    assert done.stdout == "False room True\n", done.stderr


def test_every_language_that_is_offered_has_a_dictionary() -> None:
    assert {"en", "de", "es", "fr"} <= set(languages()) and len(languages()) > 40
    assert grouping("de")("Zimmern") == grouping("de")("Zimmer")
    with pytest.raises(UserError, match="unknown language 'eng'; did you mean 'en'"):
        grouping("eng")
