"""Import a package's exports on their first use, since each command needs only some, and imports take time."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def first_use(package: str, modules: Sequence[str]) -> Callable[[str], Any]:
    """Return a `__getattr__` for a package (PEP 562), which looks for names in its modules, in this order.

    The package declares its exports by imports for type checkers.
    """

    def imported(name: str) -> Any:
        if not name.startswith("_") and find_spec(f"{package}.{name}") is None:  # not a module itself
            for module in modules:
                if hasattr(part := import_module(f"{package}.{module}"), name):
                    setattr(sys.modules[package], name, value := getattr(part, name))
                    return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return imported
