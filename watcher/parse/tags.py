"""The name of a maintenance template → the one name of its complaint, whatever the wiki's language."""

from __future__ import annotations

from watcher.parse.names import BOX_TAGS, INLINE_TAGS


def maintenance_tag(template: str) -> str | None:
    """The complaint that a template (lower case, spaces) makes: "citation needed" for "cn"; None for others.

    >>> maintenance_tag("fact")
    'citation needed'
    """
    return INLINE_TAGS.get(template) or BOX_TAGS.get(template)
