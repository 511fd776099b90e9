"""The contract's names become the words that a reader knows."""

from __future__ import annotations

from watcher.model import Kind, Measure, Severity, Where

NOUNS = {
    "section": "section",
    "figure": "image",  # "figure" would be read as "number" here
    "reference": "source",
    "statistic": "statistic",
    "claim": "claim",
    "tag": "maintenance tag",
    "prose": "text",
}
VERBS = {"broken": "broken: cited, no longer defined", "unused": "no longer cited", "moved": "moved"}
SEVERITIES = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
    Severity.INFO: "Info",
}
PLACES = {
    Where.PROSE: "",
    Where.LIST: "list",
    Where.QUOTE: "quotation",
    Where.TABLE: "table",
    Where.INFOBOX: "infobox",
    Where.CAPTION: "caption",
}
FIELDS = {
    "url": "Address",
    "archive_url": "Archived copy",
    "access_date": "Accessed",
    "doi": "DOI",
    "isbn": "ISBN",
    "as_of": "As of",
    "alt": "Alternative text",
    "options": "Layout options",
    "text": "Text",
    "path": "Place",
    "low": "At least",
    "high": "At most",
    "sha1": "File contents",
    "references": "Sources",
}
UNITS_OF_MEASURE = {Measure.PERCENT: "points", Measure.RATIO: "", Measure.MULTIPLE: "times"}
LEAD = "Lead"


def kind_label(kind: Kind) -> str:
    """`Statistic changed` of `statistic.changed`."""
    noun = NOUNS[kind.subject]
    return f"{noun[0].upper()}{noun[1:]} {VERBS.get(kind.verb, kind.verb)}"


def field_label(name: str) -> str:
    """The heading of an element's field; names that are not listed are split at underscores."""
    return FIELDS.get(name) or name.replace("_", " ").strip().capitalize()


def counted(number: int, noun: str) -> str:
    """`1 source`, `2 sources`, `3 copies`.

    >>> counted(2, "source")
    '2 sources'
    """
    plural = noun if noun == "text" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
