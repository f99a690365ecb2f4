"""A user's own topics: what a file may say, and what it is told where it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.meaning.named import read_topics


def test_topics_have_names_and_examples_where_wanted(tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text("staff: [waiter,  guy  at the desk, Staff]\nwifi:\nprice: fees\n", encoding="utf-8")
    assert read_topics(file) == {"staff": ("waiter", "guy at the desk"), "wifi": (), "price": ("fees",)}
    file.write_text("- staff\n- front desk\n", encoding="utf-8")
    assert read_topics(file) == {"staff": (), "front desk": ()}, "names alone"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no topics: write `name: "),
        ("staff", "names no topics"),
        ("staff: {a: b}", "the examples of 'staff' must be a list of texts"),
        ("staff: [no]", "False is not a text; put it in quotes"),
        ("2: [waiter]", "2 is not a text; put it in quotes"),
        ("staff: ['']", "a topic or an example is empty"),
        ("Other: [misc]", "'Other' is the name for targets that fit nowhere; call this topic something else"),
        ("overall:", "'overall' is the name for opinions without a target; call this topic something else"),
        ("staff: [waiter]\nservice: [Waiter]", "'Waiter' is in both 'staff' and 'service'; keep one"),
        ("staff:\nSTAFF:", "'STAFF' is in both 'staff' and 'STAFF'; keep one"),
        ("- staff\n- staff", "'staff' appears twice; keep one"),
        ("staff: [a]\nstaff: [b]", "not YAML ('staff' appears twice"),
        ("staff: [", "not YAML"),
    ],
)
def test_what_is_wrong_with_a_file_of_topics_is_said_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        read_topics(file)
    assert told in str(raised.value) and "\n" not in str(raised.value) and str(file) in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no topics file .*absent\.yaml"):
        read_topics(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes("café: []".encode("latin-1"))
    with pytest.raises(UserError, match=r"cannot read topics .*latin\.yaml"):
        read_topics(tmp_path / "latin.yaml")
