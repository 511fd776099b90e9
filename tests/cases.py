"""Run a test with every case of a table as one test, and name the cases that fail.

`pytest.mark.parametrize` makes a test of each case, with a set-up and a report of its own; for hundreds of short cases
those take longer than the cases.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any


def for_each(names: str | Iterable[str], cases: Iterable[Any], ids: Any = None) -> Callable[[Any], Any]:
    """Make one test of a test with arguments; the signature is that of `pytest.mark.parametrize`.

    Fixtures are made once for all cases.
    """
    words = tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else tuple(names)
    rows = [_values(case, len(words)) for case in cases]
    labels = [tuple(map(ids, row)) for row in rows] if callable(ids) else [*(ids or rows)]

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            errors = []
            for row, label in zip(rows, labels, strict=True):
                try:
                    test(**dict(zip(words, row, strict=True)), **fixtures)
                except Exception as error:  # noqa: BLE001  every case has its turn, whatever one raises
                    error.add_note(f"case: {label!r}")
                    errors.append(error)
            if errors:
                raise ExceptionGroup(f"{len(errors)} of {len(rows)} cases fail", errors)

        signature = inspect.signature(test)
        fixtures = [value for name, value in signature.parameters.items() if name not in words]
        run.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return run

    return decorate


def _values(case: Any, length: int) -> tuple[Any, ...]:
    if isinstance(case, tuple) and hasattr(case, "marks"):  # pytest.param
        return tuple(case.values)
    return (case,) if length == 1 else tuple(case)
