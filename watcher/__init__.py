"""Compare two wikitexts and judge what changed.

The stages, in order: `fetch` gets revisions, `parse` reads the elements of a text, `diff` finds the changes, `judge`
rates them, `report` shows them and `notify` sends them. Only `pipeline` composes the stages; `model` has the values
that they exchange.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watcher.parse import parse  # noqa: TC004  `_Package` has both
    from watcher.pipeline import compare_wikitext  # noqa: TC004

__all__ = ["compare_wikitext", "parse"]


class _Package(ModuleType):
    """The package, which loads the stages on the first use of its two functions: most commands need neither."""

    def __getattr__(self, name: str) -> Any:
        """Import the function with this name (as PEP 562 does for modules without a class of their own)."""
        if name == "compare_wikitext":
            from watcher.pipeline import compare_wikitext  # noqa: PLC0415  a tenth of a second

            return compare_wikitext
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    @property
    def parse(self) -> Any:
        """The function `parse`; the import system would set this attribute to the package `parse`."""
        from watcher.parse import parse  # noqa: PLC0415  a tenth of a second

        return parse

    @parse.setter
    def parse(self, _package: ModuleType) -> None:
        """Ignore the package that the import system sets, so that the name stays that of the function."""


sys.modules[__name__].__class__ = _Package
