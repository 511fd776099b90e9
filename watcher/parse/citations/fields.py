"""List how the citation templates of several wikis name their parameters."""

from __future__ import annotations

from watcher.parse.template_names import read_table

_TABLE = read_table("citations.toml")


def _names(written: str) -> frozenset[str]:
    return frozenset(name.replace("_", " ") for name in written.split())


# Standard field by the parameter's name: "Titel" is a title; a space stands for an underscore too.
ALIASES = {alias: standard for standard, aliases in _TABLE["fields"].items() for alias in _names(aliases)}
HIDDEN_PARAMETERS = _names(_TABLE["hidden_parameters"])
TEMPLATES = _names(_TABLE["templates"])
PREFIXES = tuple(_TABLE["prefixes"])
