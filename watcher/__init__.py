"""Compare two wikitexts and judge what changed.

The stages, in order: `fetch` gets revisions, `parse` reads what a text says, `diff` finds what is
different, `judge` says what it means, `report` shows it and `notify` sends it. `pipeline` is the
one place that composes them; `model` has the values they hand to each other.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watcher.parse import parse  # noqa: TC004  `_Package` has both
    from watcher.pipeline import compare_wikitext  # noqa: TC004

__all__ = ["compare_wikitext", "parse"]


class _Package(ModuleType):
    """Load the stages with the first use of one of the two functions: most commands need neither."""

    def __getattr__(self, name: str) -> Any:
        """Import the function of this name (PEP 562 has it so for modules without a class of their own)."""
        if name == "compare_wikitext":
            from watcher.pipeline import compare_wikitext  # noqa: PLC0415  a tenth of a second

            return compare_wikitext
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    @property
    def parse(self) -> Any:
        """The function of the stage, under which the import of the package `parse` would put that package."""
        from watcher.parse import parse  # noqa: PLC0415  a tenth of a second

        return parse

    @parse.setter
    def parse(self, _package: ModuleType) -> None:
        """Leave the name to the function: the import system sets it."""


sys.modules[__name__].__class__ = _Package
