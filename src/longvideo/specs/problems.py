"""Turns what pydantic finds wrong into one line: file, key, what was expected, what was found, known names."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from longvideo.errors import UserError

SHOWN_NAMES = 40
SHOWN_CHARACTERS = 60


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that `name` is not known: the closest name and the known ones."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f", did you mean {close[0]!r}?" if close else ";"
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return f"unknown {kind} {name!r}{hint} known: {', '.join(names[:SHOWN_NAMES]) or 'none'}{more}"


def first_problem(error: ValidationError, model: Any) -> tuple[tuple[str | int, ...], str]:
    """Return the key path and the description of the first thing that is wrong.

    Args:
        error: What pydantic raised.
        model: The model, or the annotation, that was validated; its fields are the known names.
    """
    details = error.errors(include_url=False)
    # An unknown key is often a misspelling of one that is reported missing: say that first.
    first = next((detail for detail in details if detail["type"] == "extra_forbidden"), details[0])
    path, fields = _walk(model, first["loc"])
    found = first["input"]
    if first["type"] == "extra_forbidden":
        path = (*path, first["loc"][-1])
        text = unknown("key", str(first["loc"][-1]), fields)
    elif first["type"] == "missing":
        text = f"expected this key, found only {', '.join(map(str, found)) or 'nothing'}"
    elif first["type"] == "value_error":
        text = str(first["ctx"]["error"])
    elif first["type"].startswith("union_tag"):
        names = first["ctx"].get("expected_tags", "the names that it can have")
        text = f"expected {first['ctx']['discriminator']} as one of {names}, found {_shown(found)}"
    else:
        text = f"{first['msg'].replace('Input should be', 'expected')}, found {_shown(found)}"
    return path, text


def _shown(value: Any) -> str:
    text = repr(value)
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
    return f"{short} ({type(value).__name__})"


def _walk(annotation: Any, loc: Sequence[str | int]) -> tuple[tuple[str | int, ...], list[str]]:
    """Follow pydantic's location; drop from it what names no key, and list the fields of the last model."""
    models = [annotation]
    path: list[str | int] = []
    fields: list[str] = []
    for part in loc:
        leaves = [leaf for item in models for leaf in _leaves(item)]
        fields = [name for leaf in leaves if _is_model(leaf) for name in leaf.model_fields]
        inside = [item for leaf in leaves for item in _inside(leaf, part)]
        if inside:
            path.append(part)
            models = inside
    return tuple(path), fields


def _inside(leaf: Any, part: str | int) -> list[Any]:
    """List the annotations that a part of a location can lead to: a field, a value, an item."""
    if _is_model(leaf):
        return [leaf.model_fields[str(part)].annotation] if part in leaf.model_fields else []
    if get_origin(leaf) is dict:
        return [get_args(leaf)[1]]
    is_item = get_origin(leaf) in (tuple, list) and isinstance(part, int)
    return [item for item in get_args(leaf) if item is not Ellipsis] if is_item else []


def _is_model(leaf: Any) -> bool:
    return isinstance(leaf, type) and issubclass(leaf, BaseModel)


def _leaves(annotation: Any) -> list[Any]:
    """Split unions and Annotated into the models and containers that they are made of."""
    if get_origin(annotation) in (dict, tuple, list, Literal) or not get_args(annotation):
        return [annotation]
    return [leaf for item in get_args(annotation) for leaf in _leaves(item)]


def as_user_error(place: str, error: ValidationError, model: Any) -> UserError:
    """Make the one line for a file or an argument that is not what the model expects."""
    path, text = first_problem(error, model)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    key = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in path).lstrip(".")
    return UserError(f"{place}: {key + ': ' if key else ''}{text}{more}")
