"""docs/settings.md has every setting as it is in the code: `python -m tests.test_settings_page` writes the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from aspectra import config, presets, recipes, systems
from aspectra.tasks import TASKS

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
WORDS = {str: "text", int: "whole number", float: "number", bool: "`true`, `false`", NoneType: "`null`", Any: "any"}
SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
PAPER = "`--preset paper`"
HEAD = """# Which settings are there?

These are the settings for `--set` and for config files. `aspectra run` and `aspectra benchmark` take a YAML file
(`configs/` has some). `--set finetune.shots=64` changes one value in it. The value is YAML: `--set "seeds=[42, 52]"`.

`corpus`, `pretrain` and `finetune` take `--set` with the names in their own table, without a section in front:
`--set min_words=5`. So does `zero-shot`, with the settings of the LLM. An unknown name is an error that shows the
nearest right one. `python -m tests.test_settings_page` writes this page from the code.
"""
SECTIONS = (
    ("run", "`aspectra run`", recipes.RunConfig, None),
    ("reader", "`aspectra run` with `labels`", recipes.ReaderConfig, None),
    ("cut", "`student: {of: teacher, layers: 6}` of a reader from labels", recipes.CutConfig, None),
    ("export", "`export` of a reader from labels", recipes.ExportConfig, None),
    ("distil", "`aspectra distil`", recipes.DistilConfig, None),
    ("elicit", "`elicit` and `teacher`: how an LLM is asked", config.ElicitConfig, None),
    ("corpus", "`corpus`", config.CorpusConfig, None),
    ("training", "`pretrain` and `finetune`", config.TrainingConfig, None),
    ("pretrain", "`pretrain`", config.PretrainConfig, config.TrainingConfig),
    ("finetune", "`finetune`", config.FinetuneConfig, config.TrainingConfig),
    ("benchmark", "`aspectra benchmark`", systems.BenchmarkConfig, None),
    ("student", "A system `{kind: student}`", systems.StudentSystem, None),
    ("llm", "A system `{kind: llm}`", systems.LLMSystem, None),
    ("file", "A system `{kind: file}`", systems.FileSystem, None),
)
NOTES = {
    "reader": "For a reader from labeled sentences: [students.md](students.md#a-reader-from-labels-in-one-command).",
    "distil": "`--set pretrain.epochs=4` changes a setting of a section below. The option `--reviews` sets `draw`.",
    "elicit": "`aspectra elicit` has an option for each setting: `--max-tokens` sets `max_tokens`.",
}
PRESETS = {
    "training": {"pretrain": presets.PRETRAIN_PRESETS["paper"], "finetune": presets.FINETUNE_PRESETS["paper"]},
    "pretrain": {"": presets.PRETRAIN_PRESETS["paper"]},
    "finetune": {"": presets.FINETUNE_PRESETS["paper"]},
}


def page() -> str:
    """The page as it should be."""
    return "\n".join([HEAD, *("".join(shown(*section)) for section in SECTIONS)])


def shown(name: str, title: str, model: type[BaseModel], without: type[BaseModel] | None) -> Iterator[str]:
    presets = PRESETS.get(name, {})
    yield f"## {title}\n\n"
    if name in NOTES:
        yield f"{NOTES[name]}\n\n"
    heads = ["setting", "takes", "default", *(f"{PAPER} {of}".strip() for of in presets), ""]
    rows = [heads, ["---"] * len(heads)]
    for key, info in model.model_fields.items():
        if without is not None and key in without.model_fields:
            continue
        default = "(needed)" if info.default is PydanticUndefined else written(info.default)
        papers = [written(p[key]) if p.get(key, info.default) != info.default else "" for p in presets.values()]
        what = (info.description or "").replace("None:", "`null`:").replace("|", "\\|")
        rows.append([f"`{key}`", takes(info.annotation, info.metadata), default, *papers, what])
    yield from (f"| {' | '.join(row)} |\n" for row in rows)


def takes(kind: Any, metadata: list[Any]) -> str:
    """A type in words, with its bounds."""
    if get_args(config.TaskName)[1] in metadata:
        return values(TASKS)
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        return takes(inner, [part for each in more for part in getattr(each, "metadata", [each])])
    bounds = [
        f"{sign} {getattr(each, bound)}" for each in metadata for bound, sign in SIGNS.items() if hasattr(each, bound)
    ]
    text, null, _ = named(kind).partition(" or `null`")
    return " ".join((text, *", ".join(bounds).split())) + null


def named(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "settings (below)"
    if origin is Literal:
        return values(parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(takes(part, []) for part in parts))
    if origin is tuple:
        return f"list of {'' if parts[1] is ... else len(parts)} {takes(parts[0], [])}".replace("  ", " ")
    if origin is dict:
        return f"mapping to {takes(parts[1], [])}"
    return WORDS[kind]


def values(names: Any) -> str:
    return ", ".join(written(name) for name in names)


def written(value: Any) -> str:
    """A value as YAML has it."""
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(written(each).strip('`') for each in value)}]`"
    if isinstance(value, float):
        return f"`{value:g}`"
    if value is None or isinstance(value, bool):
        return f"`{json.dumps(value)}`"
    return f"`{value}`" if value != "" else '`""`'


def test_the_page_has_every_setting_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.test_settings_page"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
