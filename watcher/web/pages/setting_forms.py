"""Turn the settings of a table of watchlist.toml into the controls of a form, and what was entered into settings.

The tables within a table, such as `ignore` and `[[watch.statistic]]`, are groups of controls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel
from starlette.datastructures import FormData

from watcher.config.editor import plain_value
from watcher.config.settings import Name
from watcher.model import Severity

LONGEST: Final = 40_000
"""Characters of a text that is entered."""
_LONGEST_NAME: Final = 64
_BLANK_ROWS: Final = 2  # to be filled in
_MOST_ROWS: Final = 200
_SHARES: Final = frozenset({"change"})  # which are written in per cent
_SEPARATORS: Final = {"words": " ", "lines": "\n"}
Choices = Mapping[str, Sequence[str]]
"""The values that a setting may have, by its name."""


@dataclass(frozen=True, slots=True)
class Control:
    """A field of a form: `kind` says how it is entered; a group has `parts`, of which each row has its own.

    Kinds: text, date, choice, switch, names (boxes to tick), words, lines, group, rows.
    """

    name: str
    kind: str
    label: str
    value: Any = ""
    options: tuple[str, ...] = ()
    parts: tuple[tuple[Control, ...], ...] = ()


def _bare(annotation: Any) -> Any:
    """Return the type of a setting, or of its items: without None and validators."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    inner = [each for each in get_args(annotation) if each not in (type(None), ...)]
    return _bare(inner[0]) if inner else annotation


def _kind(table: type[BaseModel], name: str, choices: Choices) -> str:
    annotation = table.model_fields[name].annotation
    several, bare = get_origin(annotation) is tuple, _bare(annotation)
    if issubclass(bare, BaseModel):
        return "rows" if several else "group"
    if several:
        item = get_args(annotation)[0]
        return "names" if name in choices else "words" if item == Name else "lines"
    return {Severity: "choice", bool: "switch", date: "date"}.get(bare, "text")


def editable(table: type[BaseModel]) -> tuple[str, ...]:
    """Return the settings of a table that can be entered: those that have a label."""
    return tuple(name for name, field in table.model_fields.items() if field.title)


def entered(table: type[BaseModel], sent: FormData, choices: Choices, prefix: str = "") -> dict[str, Any]:
    """Return what was entered: a text, the names that were ticked, whether it is switched on, or tables of these."""
    values: dict[str, Any] = {}
    for name in editable(table):
        key, inner = f"{prefix}{name}", _bare(table.model_fields[name].annotation)
        match _kind(table, name, choices):
            case "names":
                values[name] = [str(item)[:_LONGEST_NAME] for item in sent.getlist(key)]
            case "switch":
                values[name] = bool(sent.get(key))
            case "group":
                values[name] = entered(inner, sent, choices, f"{key}.")
            case "rows":
                rows = [entered(inner, sent, choices, f"{key}.{number}.") for number in range(_MOST_ROWS)]
                values[name] = [row for row in rows if any(row.values())]
            case "lines":
                values[name] = "\n".join(str(sent.get(key, "")).splitlines())  # what the page showed may be long
            case _:
                values[name] = str(sent.get(key, ""))[:LONGEST]
    return values


def shown(table: type[BaseModel], values: Any, choices: Choices) -> dict[str, Any]:
    """Return the present settings as they are entered; `values` has them as attributes, None has the defaults."""
    result: dict[str, Any] = {}
    for name in editable(table):
        field, kind = table.model_fields[name], _kind(table, name, choices)
        value = getattr(values, name, None) if values is not None else field.get_default()
        match kind:
            case "group":
                result[name] = shown(_bare(field.annotation), value, choices)
            case "rows":
                result[name] = [shown(_bare(field.annotation), row, choices) for row in value or ()]
            case "names":
                result[name] = [each for each in choices.get(name, ()) if each in (value or ())]  # as the boxes are
            case "words" | "lines":
                result[name] = _SEPARATORS[kind].join(value or ())
            case "switch":
                result[name] = bool(value)
            case _ if isinstance(value, Decimal):
                result[name] = f"{(value * 100).normalize():f} %" if name in _SHARES else f"{value:f}"
            case _:
                result[name] = "" if value is None else plain_value(value)
    return result


def changed(
    table: type[BaseModel], before: Mapping[str, Any], after: Mapping[str, Any], choices: Choices
) -> dict[str, Any]:
    """Return the settings that differ from what the form had shown, as the file has them; None takes one out."""
    return {
        name: _setting(table, name, after[name], choices) for name in editable(table) if after[name] != before[name]
    }


def _setting(table: type[BaseModel], name: str, value: Any, choices: Choices) -> Any:
    field, inner = table.model_fields[name], _bare(table.model_fields[name].annotation)
    match _kind(table, name, choices):
        case "group":
            return _table(inner, value, choices) or None
        case "rows":
            return [_table(inner, row, choices) for row in value] or None
        case "names":
            return value or None
        case "switch":
            return None if value is field.default else value
        case "words":
            return value.replace(",", " ").split() or None
        case "lines":
            return [" ".join(line.split()) for line in value.splitlines() if line.strip()] or None
        case _:
            return value.strip() or None


def _table(table: type[BaseModel], values: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    settings = {name: _setting(table, name, values[name], choices) for name in editable(table)}
    return {name: value for name, value in settings.items() if value is not None}


def controls(
    table: type[BaseModel], values: Mapping[str, Any], choices: Choices, prefix: str = ""
) -> tuple[Control, ...]:
    """Return the controls of a table with what is entered in them."""
    made = []
    for name in editable(table):
        field, kind, key = table.model_fields[name], _kind(table, name, choices), f"{prefix}{name}"
        value, inner, label = values.get(name), _bare(field.annotation), field.title or name
        match kind:
            case "group":
                made.append(Control(key, kind, label, parts=(controls(inner, value or {}, choices, f"{key}."),)))
            case "rows":
                rows = [*(value or ()), *({} for _ in range(_BLANK_ROWS))]
                parts = tuple(controls(inner, row, choices, f"{key}.{number}.") for number, row in enumerate(rows))
                made.append(Control(key, kind, label, parts=parts))
            case "choice":
                levels = tuple(level.label for level in reversed(Severity))
                options = levels if field.default is not None else ("", *levels)
                made.append(Control(key, kind, label, value or "", options))
            case _:
                made.append(Control(key, kind, label, "" if value is None else value, tuple(choices.get(name, ()))))
    return tuple(made)
