"""One's own labels, one opinion a row: rows become sentences, and a bad row is named by its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.data.imports.invented import CHARACTERS, sentences

from aspectra.data.imports.labels import Found
from aspectra.data.imports.table import read, write
from aspectra.errors import UserError
from aspectra.schema import Example, Opinion
from aspectra.tables import write_parquet

CSV = """Sentence,Target,Polarity,note
"Soft bed, loud street.",bed,Positive,x
"Soft bed, loud street.",street,negative,
We left at noon.,,,
Too dear.,NULL,negative,
"""


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_of_one_text_are_one_sentence(tmp_path: Path) -> None:
    found = read(put(tmp_path / "a.csv", CSV))
    assert found == [
        Found(
            Example(
                "1", "Soft bed, loud street.", (Opinion("bed", None, "Positive"), Opinion("street", None, "negative"))
            ),
            (2, 3),
        ),
        Found(Example("2", "We left at noon."), ()),
        Found(Example("3", "Too dear.", (Opinion(None, None, "negative"),)), (5,)),
    ]


def test_rows_of_one_id_are_one_sentence_and_other_ids_are_others(tmp_path: Path) -> None:
    rows = (
        '{"id": 7, "text": "Fine.", "category": "ROOM", "polarity": "positive", "opinion_words": ["Fine"]}\n'
        '{"id": 8, "text": "Fine.", "category": "ROOM", "polarity": "neutral", "opinion_words": "Fine"}\n'
        '{"id": 7, "text": "Fine.", "category": "PRICE", "polarity": "neutral", "target": "Fine", "from": 0, "to": 4}\n'
    )
    first, second = (found.example for found in read(put(tmp_path / "a.jsonl", rows)))
    assert first == Example(
        "7",
        "Fine.",
        (Opinion(None, "ROOM", "positive", words=("Fine",)), Opinion("Fine", "PRICE", "neutral", 0, 4)),
    )
    assert second == Example("8", "Fine.", (Opinion(None, "ROOM", "neutral", words=("Fine",)),))


def test_parquet_is_a_table_too(tmp_path: Path) -> None:
    rows = [{"text": "Soft bed.", "target": "bed", "polarity": "positive", "from": "5.0", "to": "8.0"}]
    write_parquet(tmp_path / "a.parquet", rows, list(rows[0]))
    (found,) = read(tmp_path / "a.parquet")
    assert found == Found(Example("1", "Soft bed.", (Opinion("bed", None, "positive", 5, 8),)), (1,), "row")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "a.csv",
            "text,polarity\nx,good\n",
            "line 2 has no target or category column; name it with --target-column. It has:",
        ),
        ("a.csv", "sentense,target\nx,y\n", "line 2 has no text and no polarity column; name it with --text-col"),
        ("a.csv", CSV + "Soft bed.,bed,,\n", "line 6: no polarity"),
        ("a.csv", CSV + ",bed,positive,\n", "line 6: no text"),
        ("a.csv", CSV + "Soft bed.,Bid,positive,\n", "line 6: the target 'Bid' is not in the text"),
        ("a.csv", CSV + "Soft bed.,bed,positive,,9\n", "line 6: 5 fields, and the header has 4"),
        ("a.csv", 'text,target,polarity\n"two\nlines",two,positive\nx,y,positive\n', "line 4: the target 'y'"),
        ("a.csv", "id,text,target,polarity\n1,one,,\n1,two,,\n", "line 3: the id '1' has another text in line 2"),
        ("a.csv", "text,target,polarity,from\nbed,bed,positive,a\n", "line 2: the offset from is 'a', which"),
        ("a.csv", "text,target,polarity\n", "has no rows"),
        ("a.jsonl", '{"text": "x", "target": null, "polarity": null}\n{"text', "line 2: the line is incomplete"),
        ("a.jsonl", '{"text": 5, "target": null, "polarity": null}\n', "line 1: no text"),
        ("a.jsonl", '{"text": "\\ud83d", "target": null, "polarity": null}\n', "line 1: there is half a character"),
        (
            "a.jsonl",
            '{"text": "x", "target": "x", "polarity": "p", "opinion_words": [1]}\n',
            "line 1: opinion_words must be",
        ),
        ("a.xlsx", "x", "cannot be read as a workbook"),
        ("a.doc", "x", "tables are read from .csv"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = put(tmp_path / name, text)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences(CHARACTERS))
def test_tables_hold_everything(tmp_path: Path, examples: list[Example]) -> None:
    for name in ("a.csv", "a.jsonl"):
        write(tmp_path / name, examples)
        assert [found.example for found in read(tmp_path / name)] == examples


def test_opinion_words_that_look_like_a_list(tmp_path: Path) -> None:
    for words in (("[sic]",), ('["a"]',), ("[", "b"), ("",)):
        example = Example("1", "a bed", (Opinion("bed", None, "neutral", 2, 5, words),))
        write(tmp_path / "a.csv", [example])
        (found,) = read(tmp_path / "a.csv")
        kept = tuple(word for word in words if word)
        assert found.example == replace(example, opinions=(replace(example.opinions[0], words=kept),))


def test_a_target_in_other_case_or_spacing_is_taken_as_it_stands(tmp_path: Path) -> None:
    rows = [
        "The Soup was cold.,soup,negative",
        "The hot  tub leaked.,Hot tub,negative",
        "A bathtub and a Tub.,tub,positive",
    ]
    found = read(put(tmp_path / "a.csv", "\n".join(["text,target,polarity", *rows])))
    told = [(o.target, o.start, o.end) for each in found for o in each.example.opinions]
    assert told == [("Soup", 4, 8), ("hot  tub", 4, 12), ("tub", None, None)], (
        "one that stands there is looked up later"
    )


def test_a_line_of_json_may_lack_what_others_have(tmp_path: Path) -> None:
    label = '{"text": "The bed", "target": "bed", "polarity": "positive"}\n'
    rows = ('{"text": "No one"}\n', '{"text": "None", "id": 7}\n', '{"text": "Nothing", "target": null}\n')
    for text in (label + "".join(rows), "".join(rows) + label):
        found = {each.example.text: each.example.opinions for each in read(put(tmp_path / "a.jsonl", text))}
        assert found == {
            "The bed": (Opinion("bed", None, "positive"),),
            "No one": (),
            "None": (),
            "Nothing": (),
        }
    listed = put(
        tmp_path / "a.json", '[{"text": "No one"}, {"text": "The bed", "category": "A", "polarity": "neutral"}]'
    )
    assert [len(each.example.opinions) for each in read(listed)] == [0, 1]


def test_named_columns_may_be_absent_from_a_line_of_json_too(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '{"t": "No one"}\n{"t": "The bed", "what": "bed", "how": "positive"}\n')
    given = {"text": "t", "target": "what", "polarity": "how"}
    assert [len(each.example.opinions) for each in read(path, given)] == [0, 1]
    with pytest.raises(UserError, match="line 1 has no column 'hoow' for --polarity-column"):
        read(path, given | {"polarity": "hoow"})
    with pytest.raises(UserError, match="line 1 has no column 'mood' for --category-column"):
        read(path, given | {"category": "mood"})
    put(path, '{"t": "The bed", "what": "bed", "how": "positive"}\n')
    with pytest.raises(UserError, match="line 1 has no column 'mood' for --category-column"):
        read(path, given | {"category": "mood"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"text": "No one"}\n{"text": "None"}\n', "line 1 has no polarity column; name it with --polarity-column"),
        (
            '{"text": "x", "target": "x", "polarity": "p"}\n{"target": "x"}\n',
            "line 2 has no text and no polarity column",
        ),
        ('{"text": "x", "target": "x", "polarity": "p"}\n{"text": "y", "target": "y"}\n', "line 2: no polarity"),
        ('{"text": "x", "polarity": "p"}\n{"text": "y"}\n', "line 1 has no target or category column"),
        ('{"text": "x", "target": "x", "polarity": "p"}\n{}\n', "line 2 has no text and no polarity column"),
    ],
)
def test_what_every_line_lacks_is_told(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(put(tmp_path / "a.jsonl", text))
    assert told in str(caught.value)


def test_every_bad_row_is_listed_at_once(tmp_path: Path) -> None:
    rows = [f"Fine.,x{number},good" for number in range(12)]
    with pytest.raises(UserError) as caught:
        read(put(tmp_path / "a.csv", "\n".join(["text,target,polarity", "Soft bed.,bed,positive", *rows])))
    told = str(caught.value)
    assert "a.csv: 12 bad rows: line 3: the target 'x0' is not in the text; line 4: " in told
    assert told.count("line") == 10 and told.endswith("; and 2 more") and "\n" not in told


def test_columns_are_found_by_the_names_that_people_give_them_or_named(tmp_path: Path) -> None:
    path = put(
        tmp_path / "a.csv", "id,Sentence,Aspect Term,polarity,from,to\n2339,The soup was cold.,soup,negative,4,8\n"
    )
    (found,) = read(path)
    assert found.example == Example("2339", "The soup was cold.", (Opinion("soup", None, "negative", 4, 8),))
    put(path, "n;said;what;how\n7;The soup was cold.;soup;negative\n")
    given = {"id": "n", "text": "Said", "target": "what", "polarity": "how"}
    (found,) = read(path, given)
    assert found.example == Example("7", "The soup was cold.", (Opinion("soup", None, "negative"),))
    with pytest.raises(UserError, match=r"has no column 'whom' for --target-column\. It has: n, said, what, how"):
        read(path, given | {"target": "whom"})
