"""Run a test with every case of a table as one test, and name the cases that fail.

`pytest.mark.parametrize` makes a test of each case, with a set-up and a report of its own; for hundreds of short cases
those take longer than the cases. Long tables of plain values stand in `cases.toml` beside the test, under the names of
its module and of the test; those of a table of names are named by them.
"""

import functools
import inspect
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest


def for_each(names: str | Iterable[str], cases: Iterable[Any] | None = None, ids: Any = None) -> Callable[[Any], Any]:
    """Make one test of a test with arguments; the signature is that of `pytest.mark.parametrize`.

    Fixtures are made once for all cases. Without `cases`, they are those of the table of the test.
    """
    words = tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else tuple(names)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        given, named = (table_of(test) if cases is None else cases), ids
        if cases is None and isinstance(given, dict):
            given, named = given.values(), [*given]
        rows = [_values(case, len(words)) for case in given]
        labels = [tuple(map(named, row)) for row in rows] if callable(named) else [*(named or rows)]

        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            errors = []
            for row, label in zip(rows, labels, strict=True):
                try:
                    test(**dict(zip(words, row, strict=True)), **fixtures)
                except Exception as error:  # noqa: BLE001  every case runs, even if another one raises
                    error.add_note(f"case: {label!r}")
                    errors.append(error)
            if errors:
                raise ExceptionGroup(f"{len(errors)} of {len(rows)} cases fail", errors)

        signature = inspect.signature(test)
        fixtures = [value for name, value in signature.parameters.items() if name not in words]
        run.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return run

    return decorate


def parametrize_each(names: str | Iterable[str]) -> Callable[[Any], Any]:
    """Make one test of each case in the table of a test, with its own fixtures."""

    def decorate(test: Any) -> Any:
        cases = table_of(test)
        named = isinstance(cases, dict)
        return pytest.mark.parametrize(names, [*cases.values()] if named else cases, ids=cases if named else None)(test)

    return decorate


def table(test_file: str, name: str) -> Any:
    """Return a table of `cases.toml` beside a test file, or in the nearest folder above, as it is written there."""
    path = Path(test_file)
    tables = next(file for folder in path.parents if (file := folder / "cases.toml").exists())
    return _tables(tables)[path.stem][name]


def table_of(test: Callable[..., None]) -> Any:
    """Return the cases in `cases.toml` beside a test, by their names if they have some; a list of values is a tuple."""
    return _frozen(table(test.__code__.co_filename, test.__name__.removeprefix("test_")))


@functools.cache
def _tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _values(case: Any, length: int) -> tuple[Any, ...]:
    if isinstance(case, tuple) and hasattr(case, "marks"):  # pytest.param
        return tuple(case.values)
    return (case,) if length == 1 else tuple(case)
