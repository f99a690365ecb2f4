"""Settings as a user writes them: YAML, `--set a.b=c`, and one clear line for each error.

Knows no setting by name: the models are in `aspectra.config`. Called by the command line and by code that builds a
settings model from parts.
"""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, Union, get_args, get_origin
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ValidationError

from aspectra.errors import UserError, unknown

Model = TypeVar("Model", bound=BaseModel)


# Plain messages for errors that pydantic words for programmers.
PLAIN = {
    "too_short": "must not be empty",
    "tuple_type": "must be a list, as in [1, 2]",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must be a mapping, as in {a: 1}"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    "string_type": "must be a text",
}


def build(model: type[Model], values: dict[str, Any]) -> Model:
    """Validate settings. The first error becomes one line that names the key and the nearest valid one."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # A mistyped name also causes a missing one; report the typo.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        where = spelled(first["loc"], values)
        if first["type"] == "extra_forbidden":
            section, _, own = where.rpartition(".")
            names = [_within(name, section) for name in _names(model)]
            # Only neighbors and the most similar name: all of a run's two hundred settings would be too long.
            peers = [name for name in names if name.rpartition(".")[0] == section or name.endswith(f".{own}")]
            raise unknown("setting", where, {*peers, *difflib.get_close_matches(where, names, n=1)}) from None
        if first["type"].startswith("union_tag"):
            known = re.findall(r"'([^']*)'", first["ctx"].get("expected_tags", "'student', 'llm', 'file'"))
            raise unknown(f"value of {where}.kind", str(first["ctx"].get("tag", "")), known) from None
        if first["type"] == "missing":
            raise UserError(f"setting {where} is missing") from None
        if first["type"] == "literal_error":
            known = re.findall(r"'([^']*)'", first["ctx"]["expected"])
            where = where.partition(".literal[")[0]
            raise unknown(f"value of {where}", str(first["input"]), known) from None
        if first["type"] == "value_error":
            told = str(first["ctx"]["error"])
            raise UserError(f"setting {where}: {told}" if where else told) from None
        told = PLAIN.get(first["type"], first["msg"].replace("Input should be", "must be"))
        where += "" if told.startswith("must") else ":"
        raise UserError(f"setting {where} {told} (got {first.get('input')!r})") from None


def spelled(place: Sequence[int | str], values: Any) -> str:
    """A setting's path as the user writes it, without the type names that pydantic inserts."""
    parts = list[str]()
    for number, part in enumerate(place, 1):
        if isinstance(values, dict) and part not in values and (number < len(place) or values.get("kind") == part):
            continue
        if part != "[key]":
            parts.append(str(part))
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list | tuple) and isinstance(part, int) and part < len(values):
            values = values[part]
    return ".".join(parts)


def _within(name: str, section: str) -> str:
    """A setting's path with the key that the user chose, as in `systems.mine.predictions`, if it is of that section.

    >>> _within("systems.predictions", "systems.mine"), _within("systems.predictions", "finetune")
    ('systems.mine.predictions', 'systems.predictions')
    """
    whole, own = section.split("."), name.split(".")
    return f"{section}.{own[-1]}" if len(own) == len(whole) > 1 and own[:-1] == whole[:-1] else name


def load(
    model: type[Model],
    file: Path | None,
    changes: Sequence[str] = (),
    base: dict[str, Any] | None = None,
    others: Mapping[type[BaseModel], str] = MappingProxyType({}),
) -> Model:
    """Settings from a YAML file, changed by `a.b=value` items (values are YAML too).

    Raises UserError for invalid settings. If they fit one of `others` instead, it names that command.
    """
    values = dict(base or {})
    if file is not None:
        values = read_yaml(file)
        for other, command in others.items():
            if set(values) <= set(other.model_fields) and not set(values) <= set(model.model_fields):
                raise UserError(f"{file} is a config for `{command}`, not for this command")
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise UserError(f"--set {change}: write it as key=value, for example --set finetune.shots=64")
        _put(values, key.strip().split("."), parse_yaml(text, f"--set {change}"))
    return build(model, values)


def read_yaml(file: Path) -> dict[str, Any]:
    """A YAML mapping from a file; `${NAME}` in its text is replaced by the environment variable."""
    value = parse_yaml(os.path.expandvars(read_text(file, "config")), str(file))
    if not isinstance(value, dict):
        raise UserError(f"{file}: a config must be a mapping of settings")
    return value


def read_text(file: Path, what: str) -> str:
    """The text of a settings file; messages call it `what`. Raises UserError if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"no {what} file {file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {what} {file}: {error}") from None


def parse_yaml(text: str, source: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """The safe loader, but a duplicate key is an error: one value would be lost."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = Counter(key.value for key, _ in node.value if isinstance(key.value, str) and key.value != "<<")
            if double := [key for key, number in seen.items() if number > 1]:
                raise yaml.constructor.ConstructorError(None, None, f"'{double[0]}' appears twice", node.start_mark)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: an impossible date
        told = " ".join(str(error).replace('in "<unicode string>", ', "in ").split())
        raise UserError(f"{source}: not YAML ({told})") from None


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = {}
        values[part] = inner = dict(inner)
        values = inner
    values[path[-1]] = value


def _names(model: type[BaseModel], prefix: str = "") -> Iterable[str]:
    for name, info in model.model_fields.items():
        yield prefix + name
        for part in _models(info.annotation):
            yield from _names(part, f"{prefix}{name}.")


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is Union or get_args(annotation):
        for part in get_args(annotation):
            yield from _models(part)


def shown(url: str) -> str:
    """A URL for messages: without a user, password or query.

    >>> shown("http://me:secret@host:80/v1?token=1")
    'http://host:80/v1'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
