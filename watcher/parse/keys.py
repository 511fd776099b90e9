"""The name and group of a footnote in, the key under which its uses meet out."""

from __future__ import annotations

# Footnote templates with the group that they write to.
NOTE_GROUPS = {
    "efn": "lower-alpha",
    "efn-la": "lower-alpha",
    "efn-ua": "upper-alpha",
    "efn-lr": "lower-roman",
    "efn-ur": "upper-roman",
    "efn-lg": "lower-greek",
    "notetag": "note",
    "refn": None,
    "#tag:ref": None,
}


def clean_name(written: str | None) -> str | None:
    """A name or group without quotes and with single spaces; None when nothing is left.

    >>> clean_name(' "UN  2012" ')
    'UN 2012'
    """
    if not written:
        return None
    name = " ".join(written.split())
    if len(name) > 1 and name[0] in "\"'" and name[-1] == name[0]:
        name = name[1:-1].strip()
    return name.strip("\"'") or None


def reference_key(name: str, group: str | None) -> str:
    """`name`, or `group/name` for a footnote in a group."""
    return f"{group}/{name}" if group else name
