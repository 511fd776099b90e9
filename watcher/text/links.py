"""Read the targets of the links in a piece of wikitext."""

from __future__ import annotations

import re

WIKILINK = re.compile(r"\[\[([^\[\]|{}\n]{1,200})(?:\|([^\[\]{}\n]{1,200}))?\]\]")
_FILES = ("file:", "image:")


def link_targets(text: str) -> dict[str, str]:
    """Return the titles that the links of a text lead to, by the words that they show; files are left out.

    >>> link_targets("The [[Ardal]] of [[Ardal Bridge#History|the bridge]]")
    {'Ardal': 'Ardal', 'the bridge': 'Ardal Bridge'}
    """
    return {
        (label or target).strip(): target.partition("#")[0].replace("_", " ").strip(" :")
        for target, label in WIKILINK.findall(text)
        if target.partition("#")[0].strip() and not target.lower().startswith(_FILES)
    }
