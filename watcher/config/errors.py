"""Format the problems of a watchlist: file, line, key, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watcher.config.settings import EXAMPLES, TABLES, keys_of
from watcher.config.toml_positions import Position, nearest_line
from watcher.config.validators import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MOST = 20
_TYPES = {
    "string_type": 'must be text in quotes, for example "…"',
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "tuple_type": 'must be a list, for example ["…"]',
    "string_too_long": "is too long; 2,000 characters are allowed",
    "string_pattern_mismatch": 'must be a language code in lower case; write for example "en"',
}


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """Where (a key's path, from 0) and what, with the next step."""

    path: Position
    text: str


def format_path(path: Position) -> str:
    """Return the path as a user counts: `("watch", 0, "title")` is `watch[1].title`."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def format_problems(file: str, problems: Iterable[ConfigProblem], lines: dict[Position, int]) -> str:
    """One line a mistake in the order of the file, at most twenty."""
    placed = sorted(
        (nearest_line(lines, problem.path), format_path(problem.path), problem.text) for problem in problems
    )
    rows = [f"{file}:{line}: {key}: {text}" for line, key, text in dict.fromkeys(placed)]
    if len(rows) > _MOST:
        rows = [*rows[:_MOST], f"{file}: and {len(rows) - _MOST} more mistakes; mend these first"]
    return "\n".join(rows)


def from_pydantic(details: Iterable[ErrorDetails]) -> list[ConfigProblem]:
    """Pydantic's findings in our words."""
    return [ConfigProblem(tuple(detail["loc"]), _worded(detail)) for detail in details]


def _worded(detail: ErrorDetails) -> str:
    path = detail["loc"]
    key = str(path[-1])
    tables = [part for part in path if isinstance(part, str)]
    match detail["type"]:
        case "value_error":
            return str(detail["ctx"]["error"])
        case "missing":
            return f"is missing; add {EXAMPLES.get(key, key + ' = …')}"
        case "extra_forbidden":
            table = TABLES.get(tables[-2] if len(tables) > 1 else "", TABLES[""])
            return f"is an unknown key{did_you_mean(key, keys_of(table))}"
        case "model_type" | "dict_type" | "model_attributes_type":
            header = f"[{key}]" if len(path) == 1 else "{ bots = true }" if key in tables else f"[[{'.'.join(tables)}]]"
            return f"must be a table; write {header}"
        case "tuple_type" if len(path) == 1 or key == "statistic":
            return f"must be a list of tables; write [[{'.'.join(tables)}]] with two brackets"
        case kind:
            return _TYPES.get(kind, detail["msg"])
