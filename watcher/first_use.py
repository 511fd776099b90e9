"""Import what a package exports with its first use: a command needs a part of it, and the rest takes its time."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def first_use(package: str, modules: Sequence[str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package (PEP 562), which looks for names in its modules, in this order.

    What it exports is what it imports for type checkers.
    """

    def imported(name: str) -> Any:
        if not name.startswith("_") and find_spec(f"{package}.{name}") is None:  # no module of its own
            for module in modules:
                if hasattr(part := import_module(f"{package}.{module}"), name):
                    setattr(sys.modules[package], name, value := getattr(part, name))
                    return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return imported
