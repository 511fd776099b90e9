"""Format names, times, numbers and sources of the model for readers, and build URLs of a wiki's index.php."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final
from urllib.parse import urlencode, urlsplit

from watcher import model
from watcher.model.changes import HIDDEN_EDITOR, FileUpload
from watcher.text import shorten, single_line
from watcher.urls import web_link

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
SEVERITIES = {severity: severity.label.capitalize() for severity in reversed(model.Severity)}
TEXT_KINDS = {kind: kind.value for kind in model.TextKind}
TEXT_KINDS |= {model.TextKind.PROSE: "", model.TextKind.QUOTE: "quotation"}
FIELDS = {
    "url": "Address",
    "archive_url": "Archived copy",
    "access_date": "Accessed",
    "doi": "DOI",
    "isbn": "ISBN",
    "as_of": "As of",
    "notation": "Decimal mark",
    "alt": "Alternative text",
    "options": "Layout options",
    "text": "Text",
    "path": "Place",
    "low": "At least",
    "high": "At most",
    "references": "Sources",
}
LEAD = "Lead"
_YEARS_FROM = 2 * 365  # from this age on, accounts are described in years
_MEGABYTES_FROM = 999_500  # bytes; from this size on, sizes are in MB
_LONGEST_LABEL = 40  # characters of a label in the summary of a statistic (`judge.statistics`)
_WORDS_AROUND = re.compile(r" \(“[^”]{0,400}”\)$")  # the quotation that ends such a summary
_QUALIFYING = re.compile(r"\b([A-Z]{2,}) ([A-Z]{2,})\b")


def section_label(section: Iterable[str]) -> str:
    """Return a heading path on one line; LEAD for the lead."""
    return single_line(" › ".join(section), 200) or LEAD


def editor_name(editor: str | None, limit: int = 120) -> str:
    """Return an editor's name on one line, or that the wiki hides it."""
    return HIDDEN_EDITOR if editor is None else single_line(editor, limit)


def edit_summary(comment: str | None) -> str:
    """Return an edit summary on one line, or that the wiki hides it."""
    return "(hidden by the wiki)" if comment is None else single_line(comment, 500)


def account_words(revision: model.Revision) -> tuple[str, ...]:
    """Return age and edit count of the account at the time of the edit, and the revert risk, if known."""
    known = []
    if revision.registered_at is not None:
        days = max(0, (revision.at - revision.registered_at).days)
        known.append(f"account {counted(days, 'day') if days < _YEARS_FROM else counted(days // 365, 'year')} old")
    if revision.edit_count is not None:
        known.append(counted(revision.edit_count, "edit"))
    if revision.revert_risk is not None:
        known.append(f"revert risk {revision.revert_risk:.0%}".replace("%", " %"))
    return tuple(known)


def extent(upload: FileUpload) -> str:
    """Return the size of a file in bytes and pixels as far as known, else ""."""
    size = upload.size or 0
    bytes_ = f"{size / 1e6:.1f} MB" if size >= _MEGABYTES_FROM else f"{max(1, round(size / 1000))} KB" if size else ""
    pixels = f"{upload.width:,} × {upload.height:,} pixels" if upload.width and upload.height else ""
    return ", ".join(part for part in (bytes_, pixels) if part)


def timestamp(at: datetime) -> str:
    """Return a time such as `3 November 2026, 14:44 UTC`."""
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def span(length: timedelta) -> str:
    """Return a duration in its largest unit, rounded down: "3 minutes", "2 days"."""
    seconds = int(length.total_seconds())
    units = (("year", 31_557_600), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    name, size = next(((name, size) for name, size in units if seconds >= size), units[-1])
    return counted(seconds // size, name)


def kind_label(kind: model.Kind) -> str:
    """Return the label of a kind: `Statistic changed` for `statistic.changed`."""
    noun = NOUNS[kind.subject]
    return f"{noun[0].upper()}{noun[1:]} {VERBS.get(kind.verb, kind.verb)}"


def field_label(name: str) -> str:
    """Return the label of an element's field; for unlisted names, underscores are replaced by spaces."""
    return FIELDS.get(name) or name.replace("_", " ").strip().capitalize()


def thing_label(label: str, where: model.TextKind, values: Collection[str] = ()) -> str:
    """Return a readable name of a cell or infobox parameter; headers that merely repeat a value are dropped.

    An abbreviation that follows another one is put into parentheses.

    >>> thing_label("GDP_PPP_per_capita", model.TextKind.INFOBOX)
    'GDP (PPP) per capita (infobox)'
    >>> thing_label("10,908 × Residents", model.TextKind.TABLE, ["10,908"])
    'Residents (table)'
    """
    headers = [_QUALIFYING.sub(r"\1 (\2)", " ".join(part.replace("_", " ").split())) for part in label.split(" × ")]
    name = " × ".join(header for header in headers if header and header not in values)
    return f"{name[0].upper()}{name[1:]} ({TEXT_KINDS[where]})" if name and TEXT_KINDS[where] else name


def headline_of(summary: str, label: str, where: model.TextKind, values: Collection[str] = ()) -> str:
    """Return a summary as a heading for its sentence: with a readable label, and without the quotation at its end.

    >>> headline_of("pop_total: 8,232 → 8,967 (+8.9 %), same source", "pop_total", model.TextKind.INFOBOX)
    'Pop total (infobox): 8,232 → 8,967 (+8.9 %), same source'
    >>> headline_of("38 → 83, no source (“83 of 166 countries”)", "", model.TextKind.PROSE)
    '38 → 83, no source'
    """
    shown = _WORDS_AROUND.sub("", summary)
    named, thing = f"{shorten(label, _LONGEST_LABEL)}: ", thing_label(label, where, values)
    return shown.replace(named, f"{thing}: " if thing else "", 1) if label else shown


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 source`, `2 sources`; for regular plurals, and “text”, which gets none.

    >>> counted(2, "source")
    '2 sources'
    """
    plural = noun if noun == "text" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_LARGEST_EXPONENT = 24  # a vandal's 1e999999 must not be written out
MINUS = "−"


def difference(old: model.Quantity, new: model.Quantity) -> str | None:
    """Return the difference between two single values; None unless measure and unit are equal and the values differ.

    >>> from decimal import Decimal
    >>> count = model.Measure.COUNT
    >>> million = lambda n: model.Quantity(text="", start=0, end=0, value=Decimal(n) * 10**6, measure=count)
    >>> difference(million(21), million(25))
    '+4 million (+19 %)'
    """
    if old.measure != new.measure or old.unit != new.unit:
        return None
    before, after = _usable(old.value), _usable(new.value)
    if before is None or after is None or before == after:
        return None
    with localcontext() as context:
        context.prec = 50
        step = after - before
        if old.measure is model.Measure.PERCENT:
            return f"{_signed(step)} {'point' if abs(step) == 1 else 'points'}"
        if not before:
            return _signed(step)
        return f"{_signed(step)} ({model.percent(step / abs(before))})"


def _usable(value: Decimal | None) -> Decimal | None:
    if value is None or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    small = isinstance(exponent, int) and abs(value.adjusted()) <= _LARGEST_EXPONENT and exponent >= -_LARGEST_EXPONENT
    return value if small else None


def _signed(number: Decimal) -> str:
    return f"{MINUS if number < 0 else '+'}{plain_number(abs(number))}"


def plain_number(number: Decimal) -> str:
    """Return a number such as `21.5 million`, `12,500` or `0.25`."""
    for size, name in SCALES:
        if number >= size:
            return f"{_rounded(number / size, 2)} {name}"
    return _rounded(number, 4)


def _rounded(number: Decimal, digits: int) -> str:
    text = f"{number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def headline(element: model.Element | None, *, qualified: bool = False) -> str | None:
    """Return the text that identifies an element; `qualified` adds a statistic's qualifier ("more than")."""
    name: str | None = None
    match element:
        case model.Statistic(quantity=quantity):
            unit, qualifier = quantity.unit or "", quantity.qualifier or ""
            is_sign = unit == "%" or quantity.measure is model.Measure.CURRENCY
            name = (
                quantity.text if is_sign or unit.casefold() in quantity.text.casefold() else f"{quantity.text} {unit}"
            )
            if qualified and qualifier.casefold() not in name.casefold():
                name = f"{qualifier} {name}"
        case model.Section(path=headings):
            name = " › ".join(headings) or LEAD
        case model.Reference():
            name = element.title or element.text or element.url or element.key
        case model.Figure(file=text) | model.Tag(name=text) | model.Claim(text=text) | model.Sentence(text=text):
            name = text
        case None:
            pass
    return name


_LONGEST_SOURCE = 300
_MOST_SOURCES = 12
_CITATIONS = (model.Kind.REFERENCE_ADDED, model.Kind.REFERENCE_REMOVED, model.Kind.REFERENCE_CHANGED)
_READABLE_PREFIXES = ("http://", "https://")


def known_references(comparison: model.Comparison, given: Iterable[model.Reference] = ()) -> dict[str, model.Reference]:
    """Return references by their keys: those `given`, and those in the findings."""
    known = {reference.key: reference for reference in given}
    for finding in comparison.findings:
        for element in (finding.change.old, finding.change.new):
            if isinstance(element, model.Reference):
                known[element.key] = element
    return known


def edited_keys(comparison: model.Comparison) -> frozenset[str]:
    """Return the keys of references whose fields changed."""
    hits = (f.change for f in comparison.findings if f.change.kind is model.Kind.REFERENCE_CHANGED)
    return frozenset(e.key for change in hits for e in (change.old, change.new) if isinstance(e, model.Reference))


def sources(
    change: model.Change, known: Mapping[str, model.Reference], edited: frozenset[str]
) -> tuple[model.Cited, ...]:
    """Return the sources of a change's sentence, at most twelve, or the reference that the change is about."""
    if change.kind.subject == "reference":
        replaced = any(field.name in ("url", "title", "replaced") for field in change.fields)
        sides = {"removed": change.old, "added": change.new}
        if change.kind not in _CITATIONS or (change.old and change.new and not replaced):
            sides = {"edited" if change.kind is model.Kind.REFERENCE_CHANGED else "kept": change.new or change.old}
        return tuple(
            _cited(item.key, item, status) for status, item in sides.items() if isinstance(item, model.Reference)
        )
    named = {**{reference.key: reference for reference in change.cited}, **known}
    old, new = change.old_references, change.new_references
    known_again = change.source is model.SourceChange.UNCHANGED and len(new) >= len(old)
    shown = []
    for key in dict.fromkeys(new if known_again else (*old, *new)):
        status = "removed" if key not in new else "edited" if key in edited else "kept"
        if key in new and key not in old and not known_again:
            status = "added"
        shown.append(_cited(key, named.get(key), status))
    return tuple(shown[:_MOST_SOURCES])


def _cited(key: str, reference: model.Reference | None, status: str) -> model.Cited:
    label = reference_label(key, reference)
    if reference is None:
        return model.Cited(
            label=label, url=web_link(key) if key.startswith(_READABLE_PREFIXES) else None, status=status
        )
    archived = web_link(reference.archive_url)
    url = web_link(reference.url) or archived
    return model.Cited(label=label, url=url, status=status, archive_url=None if archived == url else archived)


def source_verdict(change: model.Change, edited: frozenset[str]) -> str:
    """Return a short phrase for what happened to the sources of a sentence.

    `change.source` recognizes a source under another name; otherwise keys are compared.

    >>> change = model.Change(kind=model.Kind.PROSE_CHANGED, old=None, new=None, old_references=("a",))
    >>> source_verdict(change, frozenset())
    'source removed'
    """
    old, new = set(change.old_references), set(change.new_references)
    if not old and not new:
        return "no source"
    if old == new or (change.source is model.SourceChange.UNCHANGED and len(new) >= len(old)):
        return "source edited" if new & edited else "same source"
    if not old:
        return "new source"
    if new < old:
        return "source removed"
    if old < new:
        return "source added"
    return "sources changed" if old & new else "source replaced"


def has_new_source(change: model.Change) -> bool:
    """Return whether the new sentence cites a source that the old one did not."""
    if change.source is not model.SourceChange.NONE:
        return change.source in (model.SourceChange.ADDED, model.SourceChange.CHANGED)
    return bool(set(change.new_references) - set(change.old_references))


def reference_label(key: str, reference: model.Reference | None) -> str:
    """Return title (else text, URL, name or key), work or publisher, and date of a source."""
    if reference is None:
        return single_line(key, _LONGEST_SOURCE)
    name = reference.title or reference.text or reference.url or reference.name or key
    extra = [part for part in (reference.work or reference.publisher, reference.date) if part]
    return single_line(" · ".join((name, *extra)), _LONGEST_SOURCE)


_MOST_PHRASES = 4
# The order of phrases of equal severity.
_ORDER = ("statistic", "claim", "reference", "tag", "figure", "section", "prose")


def summarize(comparison: model.Comparison, threshold: model.Severity = model.Severity.MEDIUM) -> str:
    """Return a sentence about the findings at or above `threshold` and the parts that were not read.

    >>> summarize(model.Comparison())
    'No change was found.'
    """
    reported = comparison.at_least(threshold)
    tracked = len(comparison.findings) - len(reported)
    others = f"; {counted(tracked, 'minor change')} besides." if tracked else "; nothing else of substance."
    counts = Counter(_phrase(finding) for finding in reported)
    worst: dict[tuple[str, str], model.Severity] = {}
    for finding in reported:
        phrase = _phrase(finding)
        worst[phrase] = max(worst.get(phrase, model.Severity.INFO), finding.severity)
    ranked = sorted(counts, key=lambda phrase: (-worst[phrase], _ORDER.index(phrase[0])))
    phrases = [f"{counted(counts[phrase], NOUNS[phrase[0]])} {phrase[1]}" for phrase in ranked]
    rest = len(phrases) - _MOST_PHRASES
    more = f", and {counted(rest, 'other kind')} of change" if rest > 0 else ""
    sentence = ", ".join(phrases[:_MOST_PHRASES]) + more + others
    if not reported:
        minor = f"Nothing of substance changed ({counted(tracked, 'minor change')})."
        sentence = minor if tracked else "No change was found."
    if comparison.is_rendered:
        sentence = f"As rendered, without an edit of the article: {sentence}"
    gaps = len(comparison.unread) - bool(comparison.not_listed)
    if gaps > 0:
        stretch = counted(gaps, "stretch").replace("stretchs", "stretches")
        sentence = f"{sentence[:-1]}; {stretch} of the text could not be read."
    if comparison.not_listed:
        sentence = f"{sentence[:-1]}; {counted(comparison.not_listed, 'further change')} not listed."
    return sentence


def _phrase(finding: model.Finding) -> tuple[str, str]:
    kind = finding.change.kind
    verb = VERBS.get(kind.verb, kind.verb).partition(":")[0]
    if kind in (model.Kind.STATISTIC_CHANGED, model.Kind.CLAIM_CHANGED):
        verb += " with a new source" if has_new_source(finding.change) else " without a new source"
    return kind.subject, verb


_THUMBNAIL_WIDTH: Final = 480  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The URLs that a report links to; texts without a URL, or with one that is not http(s), are not linked.

    `home_url` is the list that the report belongs to. `review_urls` maps anchors of findings to their review pages.
    `language` is that of the quoted wiki. Images may be loaded only from `image_hosts`.
    """

    diff_url: str | None = None
    article_url: str | None = None
    home_url: str | None = None
    index_url: str | None = None
    language: str = ""
    review_urls: Mapping[str, str] = field(default_factory=dict)
    image_hosts: tuple[str, ...] = ()

    @classmethod
    def on(
        cls, index_url: str, comparison: model.Comparison, *, home_url: str | None = None, language: str = ""
    ) -> Links:
        """Return the links of `comparison` for the wiki whose index.php is `index_url`.

        The forms `?curid=`, `?oldid=` and `?diff=&oldid=` work on every MediaWiki (Manual:Parameters to index.php).
        For rendered changes, `diff_url` leads to the last edit of a transcluded page; for uploads, to the file's page.
        """
        article, before, after, change = comparison.article, comparison.before, comparison.after, None
        if before is not None and after is not None:
            findings = comparison.findings
            edits = [edit for finding in findings for edit in finding.edits]
            files = [finding.change.new.file for finding in findings if isinstance(finding.change.new, model.Figure)]
            change = index_query(index_url, diff=after.id, oldid=before.id)
            if comparison.is_rendered:
                last = max(edits, key=lambda edit: edit.order, default=None)
                change = revision_url(index_url, last) if last else index_query(index_url, oldid=after.id)
            elif comparison.is_of_one_revision and files:
                change = file_url(index_url, files[0])
        return cls(
            article_url=index_query(index_url, curid=article.page_id) if article else None,
            diff_url=change,
            home_url=home_url,
            index_url=index_url,
            language=language,
        )

    def page_url(self, title: str) -> str | None:
        """Return the URL of another page of the same wiki, such as `File:Map.svg`; None without `index_url`."""
        return index_query(self.index_url, title=title.replace(" ", "_")) if self.index_url else None

    def text_url(self, revision: model.Revision) -> str | None:
        """Return the URL of the text of a revision; None without `index_url`."""
        return index_query(self.index_url, oldid=revision.id) if self.index_url else None

    def edit_url(self, revision: model.Revision) -> str | None:
        """Return the URL of the difference that one edit made; None without `index_url`."""
        return revision_url(self.index_url, revision) if self.index_url else None

    def editor_url(self, revision: model.Revision) -> str | None:
        """Return the URL of an editor's contributions; None if the wiki hides the name."""
        return self.page_url(f"Special:Contributions/{revision.editor}") if revision.editor else None

    def image_url(self, file: str) -> str | None:
        """Return the URL of the current version of an image file; None without `index_url`."""
        return self.page_url(f"Special:Redirect/file/{file}")

    def thumbnail_url(self, known: str | None, file: str | None = None) -> str | None:
        """Return the URL of a thumbnail, `known` or of the current `file`; None if its host is not in `image_hosts`."""
        current = f"{self.image_url(file)}&width={_THUMBNAIL_WIDTH}" if self.index_url and file else ""
        host = urlsplit(known or current).netloc.lower()
        return (known or current) if host and host in self.image_hosts else None


def revision_url(index_url: str, revision: model.Revision) -> str:
    """Return the URL of an edit's difference; for the first revision of a page, that of its text."""
    if not revision.parent_id:
        return index_query(index_url, oldid=revision.id)
    return index_query(index_url, diff=revision.id, oldid=revision.parent_id)


def file_url(index_url: str, file: str) -> str:
    """Return the URL of a file's page, which lists its versions and their uploaders."""
    return index_query(index_url, title=f"File:{file.replace(' ', '_')}")


def index_query(index_url: str, **parameters: str | int) -> str:
    """Return a URL of index.php; characters that cannot be encoded as UTF-8 are replaced by "?"."""
    return f"{index_url}?{urlencode(parameters, errors='replace')}"
