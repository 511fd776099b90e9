"""Judge changed references: whether a source was lost or replaced, or a citation only tidied."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from watcher.judge.rule import Verdict, field_of
from watcher.model import Change, FieldChange, Kind, Mention, Policy, Reason, Reference, Severity
from watcher.text import shorten
from watcher.text.statement import has_verb
from watcher.text.tokens import differ_in_small_words
from watcher.text.words import words

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
# The last two labels of a host, or three if the second-level label is short, as in "bbc.co.uk"
_DOMAIN = re.compile(r"//(?:[^/?#]*\.)?([^./?#:]+\.(?:[a-z]{2,3}\.[a-z]{2}|[^./?#:]+))(?=[/?#:]|$)", re.IGNORECASE)
_ARCHIVE = re.compile(r"archive|webcit|wayback|perma\.cc|ghostarchive|freezepage")
_AFTER_HOST = re.compile(r"[/?#]")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_MAX_QUOTED = 3
_WORDS_OF_A_WORK = 2  # fewest words of a note without title and URL that identifies a work
# Fields that describe a source without identifying it, and that citation bots often correct
_MINOR = frozenset(
    {"name", "group", "archive_url", "text", "access_date", "publisher", "work", "isbn", "doi", "pages", "authors"}
)

NOTE_WORDS: Final = "note-words"
"""The code of the reason that a footnote or quotation now contradicts its old text, or names somebody else."""


def reference_lost(change: Change, _: Policy) -> Verdict | None:
    """Judge a source that is no longer cited at all."""
    if change.kind is Kind.REFERENCE_REMOVED and isinstance(change.old, Reference):
        if field := field_of(change, "replaced_by"):
            reasons = (Reason(code="source-replaced", text=f"the changed value cites another source: {field.new}"),)
            return Verdict(
                severity=Severity.LOW, summary=f"replaced with its value: {_name(change.old)}", reasons=reasons
            )
        severity = Severity.LOW if is_placeholder(change.old) else Severity.MEDIUM
        return Verdict(
            severity=severity, summary=f"no longer cited: {_name(change.old)}", reasons=_lost_support(change)
        )
    return None


def is_placeholder(reference: Reference) -> bool:
    """Return whether a note identifies no work: "ref", "1", a mere name. Text in a citation template always does."""
    return (
        not (reference.title or reference.url or reference.doi or reference.isbn)
        and not (reference.template and reference.text)
        and len(reference.text.split()) < _WORDS_OF_A_WORK
        # In scripts without blanks, a word has about two characters.
        and len(words(reference.text)) < 2 * _WORDS_OF_A_WORK
    )


def _lost_support(change: Change) -> tuple[Reason, ...]:
    """Return reasons with the sentences that a removed source supported: those with other sources, those without."""
    affected = change.unsupported
    unsourced = [mention for mention in affected if mention.unsourced]
    reasons = []
    if len(unsourced) < len(affected):
        others = [mention for mention in affected if not mention.unsourced]
        reasons.append(Reason(code="support-reduced", text=f"still supported by another source: {_quoted(others)}"))
    if unsourced:
        reasons.append(Reason(code="support-lost", text=f"left without a source: {_quoted(unsourced)}"))
    return tuple(reasons)


def _quoted(mentions: Sequence[Mention]) -> str:
    quotes = ", ".join(f"“{shorten(mention.sentence)}”" for mention in mentions[:_MAX_QUOTED])
    return quotes + (f" and {len(mentions) - _MAX_QUOTED} more" if len(mentions) > _MAX_QUOTED else "")


def reference_broken(change: Change, _: Policy) -> Verdict | None:
    """Judge a use without a definition: medium if the definition was removed, low if a new use has a mistyped name."""
    if change.kind is not Kind.REFERENCE_BROKEN or not isinstance(change.new, Reference):
        return None
    was_defined = change.old is not None
    text = "it is used, but no longer defined" if was_defined else "it is used, but defined nowhere"
    return Verdict(
        severity=Severity.MEDIUM if was_defined else Severity.LOW,
        summary=f"broken reference: {_name(change.new)}",
        reasons=(Reason(code="definition-missing", text=text),),
    )


def reference_edited(change: Change, _: Policy) -> Verdict | None:
    """Judge a citation whose fields changed: another source under the same name matters, tidying does not."""
    if change.kind is not Kind.REFERENCE_CHANGED:
        return None
    if not (isinstance(change.old, Reference) and isinstance(change.new, Reference)):
        return None
    if field_of(change, "replaced_by"):
        return Verdict(severity=Severity.LOW, summary=f"replaced with its value: {_move(change.old, change.new)}")
    names = {field.name for field in change.fields}
    if "text" in names and not (change.new.title or change.new.url):
        return _note_edited(change, change.old, change.new)
    return _citation_edited(change, change.old, change.new, names)


def _citation_edited(change: Change, old: Reference, new: Reference, names: set[str]) -> Verdict:
    # Fields that are none of the citation's are contradictions in its quotation.
    quoted = [field for field in change.fields if field.name != "replaced" and not hasattr(new, field.name)]
    if quoted:
        return _contradicts("the quotation of a citation", quoted[0], old.quote or "", new.quote or "")
    what = ", ".join(field.name.replace("_", " ") for field in change.fields)
    if (field := field_of(change, "archive_url")) and (moved := _archive_moved(field)) is not None:
        return moved
    # Only missing fields were added, or the URL is of the same page.
    only_added = "replaced" not in names and all(not getattr(old, name) for name in names - {"url"})
    is_another = _is_another_work(old, new)
    other_target = is_another or ("doi" in names and old.doi and new.doi)  # as with another URL
    if (names <= _MINOR and not other_target) or (only_added and ("url" not in names or old.source == new.source)):
        return Verdict(severity=Severity.INFO, summary=f"citation tidied ({what}): {_name(new)}")
    # The same reference name now has a URL on another site.
    sites = {*_domains(old), *_domains(new)}
    replaced = "replaced" in names or {"url", "title"} <= names or (old.name == new.name is not None and len(sites) > 1)
    replaced = (replaced or is_another) and not is_placeholder(old)
    # Other authors and another title: an ISBN or URL may have been left unchanged.
    is_of_another = _differ(words(old.title or ""), words(new.title or "")) and _differ(*map(_authors, (old, new)))
    if (replaced and old.source != new.source) or is_of_another:
        return _replaced(old, new)
    return Verdict(severity=Severity.LOW, summary=f"{what} of a citation changed: {_name(new)}")


def _authors(reference: Reference) -> list[str]:
    return words(" ".join(reference.authors))


def _differ(old: Iterable[str], new: Iterable[str]) -> bool:
    """Return whether both sides have words, and none in common."""
    own, others = {*old}, {*new}
    return bool(own and others) and own.isdisjoint(others)


def _is_another_work(old: Reference, new: Reference) -> bool:
    """Return whether two citations share no URL, DOI or ISBN, and differ in at least two other identifying properties.

    These are: title or words, authors, work or publisher, site, DOI or ISBN, and years (with another title).
    """
    if any(own and own == other for own, other in ((old.url, new.url), (old.doi, new.doi), (old.isbn, new.isbn))):
        return False
    # Numbers do not identify a work in a short citation: "Orr 2010, p. 3".
    own, others = (
        {word for word in words(each.title or each.text) if len(word) > 1 and not word.isdecimal()}
        for each in (old, new)
    )
    fewest = min(len(own), len(others))
    is_renamed = bool(fewest) and 2 * len(own & others) < fewest
    years, later = ({*_YEAR.findall(f"{each.date or ''} {each.text}")} for each in (old, new))
    numbers = [{*filter(None, (each.doi, each.isbn))} for each in (old, new)]
    others_too = (
        _differ(*map(_authors, (old, new))),
        _differ(words(old.work or old.publisher or ""), words(new.work or new.publisher or "")),
        _differ(_domains(old), _domains(new)),
        bool(numbers[0] and (numbers[1] or new.url)),
        is_renamed and bool(years and later and years.isdisjoint(later)),
    )
    return is_renamed + sum(others_too) > 1


def _domains(reference: Reference) -> list[str]:
    """Return the domain of a citation's URL, so that hosts of one domain are equal; [] if it has no URL."""
    match = _DOMAIN.search(reference.url or "")
    return [match[1].casefold()] if match else []


def _replaced(old: Reference, new: Reference) -> Verdict:
    reasons = (Reason(code="source-changed", text=_move(old, new)),)
    return Verdict(severity=Severity.MEDIUM, summary=f"cites another source: {_move(old, new)}", reasons=reasons)


def _archive_moved(field: FieldChange) -> Verdict | None:
    """Return a verdict if the archive URL moved to another site: low for an archive, else medium; None otherwise."""
    hosts = [_site(url or "") for url in (field.old, field.new)]
    if not all(hosts) or hosts[0] == hosts[1]:
        return None
    severity = Severity.LOW if _ARCHIVE.search(hosts[1]) else Severity.MEDIUM
    return Verdict(severity=severity, summary=f"the archived copy is another site's: {hosts[0]} → {hosts[1]}")


def _move(old: Reference, new: Reference) -> str:
    """Return both sources as text, with their sites if these differ, since the titles may be equal."""
    names, sites = (_name(old), _name(new)), (_host(old), _host(new))
    if not all(sites) or sites[0] == sites[1]:
        return f"{names[0]} → {names[1]}"
    return f"{names[0]} ({sites[0]}) → {names[1]} ({sites[1]})"


def _host(reference: Reference) -> str:
    return _site(reference.url or "")


def _site(url: str) -> str:
    host = url.partition("//")[2]
    return _AFTER_HOST.split(host, maxsplit=1)[0].casefold().removeprefix("www.")


def _note_edited(change: Change, old: Reference, new: Reference) -> Verdict:
    """Judge a note by changed figures and contradictions; the figures of a mere citation are years and pages."""
    if (new.group or (has_verb(old.text) and has_verb(new.text))) and _figures(old.text) != _figures(new.text):
        reasons = (Reason(code="note-figures", text=f"{shorten(old.text)} → {shorten(new.text)}"),)
        summary = f"figures of a footnote changed: {_name(new)}"
        return Verdict(severity=Severity.MEDIUM, summary=summary, reasons=reasons)
    if not new.group and _is_another_work(old, new):
        return _replaced(old, new)
    if field := next((field for field in change.fields if field.name != "text"), None):
        return _contradicts("a footnote", field, old.text, new.text)
    return Verdict(severity=Severity.LOW, summary=f"a footnote was reworded: {_name(new)}")


def _contradicts(what: str, field: FieldChange, old: str, new: str) -> Verdict:
    reasons = (Reason(code=NOTE_WORDS, text=f"{shorten(old)} → {shorten(new)}"),)
    summary = f"{what} now states something else: {' → '.join(filter(None, (field.old, field.new)))}"
    return Verdict(severity=Severity.MEDIUM, summary=summary, reasons=reasons)


def _figures(text: str) -> Counter[str]:
    """Return the counts of numbers in digits, without grouping commas."""
    return Counter(result.replace(",", "") for result in _FIGURE.findall(text))


def reference_added_or_moved(change: Change, _: Policy) -> Verdict | None:
    """Judge other changes of references: a new source, an unused definition, an added or removed use."""
    item = change.new or change.old
    if change.kind.subject != "reference" or not isinstance(item, Reference):
        return None
    match change.kind:
        case Kind.REFERENCE_ADDED:
            return Verdict(severity=Severity.INFO, summary=f"new source: {_name(item)}")
        case Kind.REFERENCE_UNUSED:
            return Verdict(
                severity=Severity.LOW,
                summary=f"defined but no longer used: {_name(item)}",
                reasons=_lost_support(change),
            )
        case Kind.REFERENCE_MOVED if change.new is None:
            return _use_removed(change, item)
        case _:
            return Verdict(severity=Severity.INFO, summary=f"now also on this sentence: {_name(item)}")


def _use_removed(change: Change, source: Reference) -> Verdict:
    """Judge a source that a sentence no longer cites: medium if another work is cited for the same statement now."""
    summary = f"no longer on this sentence: {_name(source)}"
    come = {*change.new_references}.difference(change.old_references)
    if not come or not differ_in_small_words(change.old_sentence or "", change.new_sentence or ""):
        return Verdict(severity=Severity.INFO if change.new_references else Severity.LOW, summary=summary)
    works = [each for each in change.cited if each.key in come]
    titles = [words(each.title or each.text) for each in (source, *works)]
    differ = [
        _is_another_work(source, each) or _differ(titles[0], own) for each, own in zip(works, titles[1:], strict=True)
    ]
    if works and all(differ):
        return _replaced(source, works[0])
    return Verdict(severity=Severity.LOW, summary=summary)


def _name(reference: Reference) -> str:
    return shorten(reference.title or reference.url or reference.text or reference.key, 80)
