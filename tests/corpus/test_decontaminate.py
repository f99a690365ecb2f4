"""What counts as a leak, and which files an evaluation name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.corpus.decontaminate import Evaluation, files
from aspectra.errors import UserError

LONG = "The night porter carried both of our heavy trunks upstairs."


def evaluation(*sentences: str, ngram: int = 8) -> Evaluation:
    made = Evaluation(ngram)
    made.add(sentences)
    return made


def test_a_run_of_eight_words_is_a_leak_whatever_its_case_and_punctuation() -> None:
    checked = evaluation(LONG)
    assert checked.leaks("Well: the NIGHT porter, carried both of our heavy bags.")
    assert not checked.leaks("The night porter carried both of our light bags.")


def test_a_short_evaluation_sentence_leaks_only_as_a_whole_sentence() -> None:
    checked = evaluation("Great food!")
    assert checked.leaks("We came twice. Great food. Will return.")
    assert checked.leaks("great FOOD")
    assert not checked.leaks("They have great food and slow service.")


def test_a_sentence_of_exactly_eight_words_is_found_inside_another() -> None:
    assert evaluation("one two three four five six seven eight").leaks(
        "zero one two three four five six seven eight nine"
    )


def test_nothing_leaks_from_nothing() -> None:
    assert not evaluation().leaks(LONG)
    assert not evaluation("...").leaks("...")


def test_a_set_stands_for_its_dev_and_test_but_not_its_training_sentences() -> None:
    names = [path.name for path in files(["hotels"])]
    assert names == ["dev.json", "test.json"]
    assert [path.parent.parent.name for path in files(["acsa/hotels"])] == ["acsa", "acsa"]


def test_an_unknown_set_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UserError, match=r"evaluation set 'hotel'; did you mean 'hotels'.*`aspectra data fetch`"):
        files(["hotel"])


def test_a_name_is_the_set_of_the_first_task_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("atsa/both", "acsa/both", "acsa/other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "test.json").write_text("[]")
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    found = [path.relative_to(tmp_path).as_posix() for path in files(["both", "other"])]
    assert found == ["atsa/both/test.json", "acsa/other/test.json"]


def test_a_folder_without_evaluation_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no dev\.json"):
        files([str(tmp_path)])
