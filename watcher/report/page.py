"""Assemble the content of a comparison's report: cards of findings, tables of changed elements, notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, Final

from watcher import model
from watcher.model.changes import FieldChange, FileUpload, Reason, edits_from_dict
from watcher.model.source_checks import stored_check
from watcher.model.vocabulary import TextKind
from watcher.report import labels
from watcher.text import inline_text, single_line
from watcher.text.word_diff import Piece, PieceKind, SentenceDiff, bounded, diff_sentences
from watcher.wikitext_diff import WikitextDiff

# Fields that the headline of a card already shows, and a hash, which is meaningless to readers.
_IN_HEADLINE = frozenset(
    {"text", "value", "low", "high", "sentence", "start", "end", "path", "references", "uses", "sha1"}
)
_MOST_FIELDS = 20
_REFERENCE_FIELDS = (
    "title", "authors", "work", "publisher", "date", "url", "archive_url", "doi", "isbn", "pages", "quote", "name",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field of an element before and after; None on a side that lacks it."""

    label: str
    old: str | None
    new: str | None
    words: SentenceDiff


def rows(finding: model.Finding, limit: int) -> tuple[Row, ...]:
    """Return the changed fields of a finding; for a source or image added or removed, all fields that are set."""
    change, subject, either = finding.change, finding.change.kind.subject, finding.change.old or finding.change.new
    named: list[tuple[str, str | None, str | None]] = []
    if change.fields and subject == "reference":
        named = [(f.name, f.old, f.new) for f in change.fields if f.name != "uses"]
    elif change.fields and subject != "section":
        named = [(f.name, f.old, f.new) for f in change.fields if f.name not in _IN_HEADLINE]
    elif not change.fields and isinstance(either, model.Reference | model.Figure):
        names = _REFERENCE_FIELDS if isinstance(either, model.Reference) else ("caption", "alt")
        sides = ((name, getattr(change.old, name, None), getattr(change.new, name, None)) for name in names)
        pairs = ((name, _text(old), _text(new)) for name, old, new in sides)
        named = [(name, old, new) for name, old, new in pairs if old or new]
    return tuple(
        Row(
            label=single_line(labels.field_label(name), 60),
            old=None if old is None else single_line(old, limit),
            new=None if new is None else single_line(new, limit),
            words=diff_sentences(old or "", new or "", limit),
        )
        for name, old, new in named[:_MOST_FIELDS]
    )


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "; ".join(map(str, value)) or None
    return str(value) if value else None


_MOST_MENTIONS = 5
_MOST_EDITS = 5
_NO_ARTICLE = model.Article(wiki="", page_id=0, title="")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedText:
    """A text with its section: a sentence that still states the old value, or why a part was not read."""

    path: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits on what a report shows of a comparison, so that its page has a bounded size."""

    cards: int = 150
    rows: int = 150
    sentence: int = 1500
    value: int = 600
    full_text: int = 90_000
    briefs: int = 300


class Card:
    """A finding ready to be shown in any format; `number` is its position in document order, counted from 1.

    All texts are single lines of bounded length without invisible characters. `known` maps keys to the sources of the
    whole comparison, `edited` has the keys of changed ones. `thing` names a cell or parameter, `headline` is the
    summary with this name, without quotation. `figures` and `uploads` of both sides are unchecked data from the wiki.
    """

    def __init__(
        self,
        finding: model.Finding,
        number: int,
        bounds: Bounds,
        known: Mapping[str, model.Reference],
        edited: frozenset[str],
    ) -> None:
        change, limit = finding.change, bounds.value
        supported = change.kind.subject in ("statistic", "claim", "prose")
        old, new = labels.headline(change.old), labels.headline(change.new)
        self.difference: str | None = None
        if change.cells:  # the summary names them
            old = new = None
        values = [text for text in (old, new) if text]
        if not change.cells and isinstance(change.old, model.Statistic) and isinstance(change.new, model.Statistic):
            before, after = change.old.quantity, change.new.quantity
            self.difference = labels.difference(before, after)
            if (before.unit, before.measure) == (after.unit, after.measure):
                old = before.text  # so that "21 million → 25 million victims" has the unit only once
        self.anchor = f"finding-{number}"
        self.subject = "table" if change.cells else change.kind.subject
        self.verb = change.kind.verb
        self.kind_label = labels.kind_label(change.kind)
        self.severity = finding.severity
        self.severity_label = labels.SEVERITIES[finding.severity]
        self.section = path(change.location.section)
        self.where = labels.TEXT_KINDS[change.where]
        self.thing = single_line(labels.thing_label(change.label, change.where, values), limit)
        self.summary = single_line(finding.summary, limit)
        self.headline = single_line(labels.headline_of(finding.summary, change.label, change.where, values), limit)
        self.old = None if old is None else single_line(old, limit)
        self.new = None if new is None else single_line(new, limit)
        self.words = sentences(finding, bounds.sentence)
        self.rows = rows(finding, limit)
        self.sources = (*labels.sources(change, known, edited), *finding.read_sources, *finding.articles)
        self.source_verdict = labels.source_verdict(change, edited) if supported else None
        self.reasons = tuple(single_line(reason.text or reason.code, limit) for reason in finding.reasons[:12])
        self.mentions = tuple(
            LocatedText(path=path(mention.location.section), text=single_line(mention.sentence, limit))
            for mention in change.elsewhere[:_MOST_MENTIONS]
        )
        self.mentions_left_out = max(0, len(change.elsewhere) - _MOST_MENTIONS)
        self.figures = tuple(side if isinstance(side, model.Figure) else None for side in (change.old, change.new))
        self.uploads = change.uploads
        self.edits = finding.edits[:_MOST_EDITS]
        self.filtered = single_line(finding.filtered, limit)


def path(section: tuple[str, ...]) -> tuple[str, ...]:
    """Return a heading path for display; that of the lead is (LEAD,)."""
    return tuple(single_line(heading, 200) for heading in section[:8]) or (labels.LEAD,)


_CLASSES: Final[dict[str, type[model.Element]]] = {
    "section": model.Section,
    "figure": model.Figure,
    "reference": model.Reference,
    "claim": model.Claim,
    "tag": model.Tag,
    "prose": model.Sentence,
}
_KINDS: Final = {kind.value: kind for kind in model.Kind}
_IDENTITY: Final = ("kind", "section", "old", "new", "sentence")
NO_COMPARISON: Final = model.Comparison()


def stored_card(body: Mapping[str, Any], number: int, again: model.Comparison = NO_COMPARISON) -> Card:
    """Return the card of a finding from its JSON (`Finding.to_dict`); `number` is its position, counted from 1.

    `again` is a new comparison of the texts, maybe by other rules. It only adds what the JSON lacks, such as the titles
    of sources and other mentions of the old value; the finding and its reasons are shown as stored.
    """
    stored = finding_from_dict(body)
    same = same_finding(body, again)
    if same is not None:
        stored = replace(stored, change=same.change)
    cited = [reference for finding in again.findings for reference in finding.change.cited]
    return Card(stored, number, Bounds(), labels.known_references(again, cited), labels.edited_keys(again))


def same_finding(body: Mapping[str, Any], again: model.Comparison) -> model.Finding | None:
    """Return the finding about the same change from a new comparison of the texts; None if it has none."""
    kept = {name: body.get(name) for name in _IDENTITY}
    written = ((finding, finding.to_dict()) for finding in again.findings)
    return next((finding for finding, now in written if {name: now[name] for name in _IDENTITY} == kept), None)


def finding_from_dict(body: Mapping[str, Any]) -> model.Finding:
    """Return a finding from its JSON; a kind that this version does not know is shown as changed text."""
    kind = _KINDS.get(body["kind"], model.Kind.PROSE_CHANGED)
    sentence, references = body.get("sentence") or {}, body.get("references") or {}
    articles = tuple(model.Cited(**article) for article in body.get("articles") or ())
    texts = [text for text in body.get("explanations") or () if text]
    change = model.Change(
        kind=kind,
        old=_stored_element(kind, body.get("old")),
        new=_stored_element(kind, body.get("new")),
        fields=tuple(FieldChange(**field) for field in body.get("fields") or ()),
        where=TextKind(body.get("where", "prose")),
        label=body.get("label") or "",
        old_sentence=sentence.get("old"),
        new_sentence=sentence.get("new"),
        old_references=tuple(references.get("old") or ()),
        new_references=tuple(references.get("new") or ()),
        location=model.Location(section=tuple(body.get("section") or ())),
        uploads=(_stored_upload(body.get("old")), _stored_upload(body.get("new"))),
        cells=tuple(
            finding_from_dict(
                {**cell, "section": body.get("section"), "severity": body["severity"], "summary": ""}
            ).change
            for cell in body.get("cells") or ()
        ),
    )
    return model.Finding(
        rule=body.get("rule", ""),
        severity=model.Severity[body["severity"].upper()],
        change=change,
        reasons=tuple(Reason(code="", text=text, articles=articles if text is texts[-1] else ()) for text in texts),
        summary=body["summary"],
        edits=edits_from_dict(body, _NO_ARTICLE),
        filtered=body.get("filtered") or "",
        through=tuple(body.get("through") or ()),
        source_check=stored_check(body),
    )


def _stored_upload(side: Mapping[str, Any] | None) -> FileUpload | None:
    stored = (side or {}).get("upload")
    return FileUpload.from_dict(stored) if stored else None


def _stored_element(kind: model.Kind, stored: Mapping[str, Any] | None) -> model.Element | None:
    if stored is None:
        return None
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    try:
        if kind.subject != "statistic":
            return _CLASSES[kind.subject](**_only_fields(_CLASSES[kind.subject], values))
        numbers = {name: Decimal(values[name]) for name in ("value", "low", "high") if values.get(name) is not None}
        known = {
            "value": None,
            **_only_fields(model.Quantity, values),
            **numbers,
            "measure": model.Measure(values["measure"]),
        }
        return model.Statistic(quantity=model.Quantity(**known, start=0, end=0), sentence="")
    except (ArithmeticError, KeyError, TypeError, ValueError):  # written by another version
        return model.Sentence(text=str(values.get("text") or next(iter(values.values()), "")))


def _only_fields(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


_LONGEST_SENTENCE = 1500


def sentences(finding: model.Finding, limit: int) -> SentenceDiff | None:
    """Return the difference of the sentence that a finding is about; None if it has no sentence.

    If a statistic was added to or removed from a sentence, only the number is marked.
    """
    change = finding.change
    old, new = change.old_sentence, change.new_sentence
    if old is None and new is None:
        old, new = _own_sentence(change.old), _own_sentence(change.new)
    if (old is None and new is None) or (change.kind.subject == "section" and not (old and new)):
        return None
    if change.kind.subject == "tag":  # the tag changed, its sentence did not
        return SentenceDiff(pieces=(Piece("same", single_line(new or old or "", limit)),), inline=True)
    kind: PieceKind = "new" if change.kind.verb == "added" else "old"
    statistic, sentence = (change.new, new) if kind == "new" else (change.old, old)
    if isinstance(statistic, model.Statistic) and sentence and (not old or not new or old == new):
        start, end = statistic.quantity.start, statistic.quantity.end
        sides: tuple[PieceKind, ...] = ("same", kind, "same")
        parts = zip(sides, (sentence[:start], sentence[start:end], sentence[end:]), strict=True)
        pieces = tuple(Piece(side, shown) for side, text in parts if (shown := inline_text(text)))
        if sentence[start:end] == statistic.quantity.text:
            return SentenceDiff(pieces=bounded(pieces, _LONGEST_SENTENCE), inline=True)
    return diff_sentences(old or "", new or "", limit)


def _own_sentence(element: model.Element | None) -> str | None:
    match element:
        case model.Statistic(sentence=sentence) | model.Tag(sentence=sentence):
            return sentence or None
        case model.Claim(text=text) | model.Sentence(text=text):
            return text
        case model.Section():
            return labels.headline(element)
        case _:
            return None


_MOST_UNREAD = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """Options of a report, and the data that it shows in addition to the comparison.

    With both wikitexts, HTML also has the full text difference. Findings below `threshold` are listed on one line each.
    `focus` is the number of a finding, counted from 1 in document order, that always gets a card.
    """

    before_text: str | None = None
    after_text: str | None = None
    links: labels.Links = field(default_factory=labels.Links)
    threshold: model.Severity = model.Severity.MEDIUM
    focus: int | None = None
    bounds: Bounds = field(default_factory=Bounds)


class ReportPage:
    """The content of a report, independent of its format, within the bounds of `request`.

    Findings that reach the threshold get cards, the most severe first; only cards that are shown are built. Those
    beyond the limit are listed in `briefs` in document order. `sides` are the compared revisions with their roles.
    """

    def __init__(
        self, comparison: model.Comparison, request: ReportOptions, full_text: WikitextDiff | None = None
    ) -> None:
        bounds, threshold, after = request.bounds, request.threshold, comparison.after
        numbered = list(enumerate(comparison.findings, start=1))
        reached = [entry for entry in numbered if entry[1].severity >= threshold]
        tracked = [entry for entry in numbered if entry[1].severity < threshold]
        worst_first = sorted(reached, key=lambda entry: -entry[1].severity)
        chosen = {"cards": _first(worst_first, bounds.cards, request.focus)}
        chosen["muted"] = _first(tracked, bounds.rows, request.focus)
        for subject in ("section", "reference", "figure"):
            chosen[subject] = [e for e in numbered if e[1].change.kind.subject == subject][: bounds.rows]
        known, edited = labels.known_references(comparison), labels.edited_keys(comparison)
        shown = {number: finding for entries in chosen.values() for number, finding in entries}
        made = {number: Card(finding, number, bounds, known, edited) for number, finding in shown.items()}
        picked = {name: tuple(made[number] for number, _ in entries) for name, entries in chosen.items()}
        with_card = {number for number, _ in chosen["cards"]}
        briefs = [(f"finding-{number}", finding) for number, finding in reached if number not in with_card]
        # Both renderings are of one revision; the cards name the edits that changed what readers see.
        sides = {"Before": comparison.before, "After": after}
        if comparison.is_rendered:
            sides = {"Rendered": comparison.before}
        counts = ((level, sum(f.severity is level for f in comparison.findings)) for level in reversed(model.Severity))
        self.title = single_line(comparison.article.title, 300) if comparison.article else "Two texts compared"
        self.wiki = single_line(comparison.article.wiki, 100) if comparison.article else ""
        self.verdict = labels.summarize(comparison, threshold)
        self.worst = comparison.worst
        self.sides = tuple((role, revision) for role, revision in sides.items() if revision)
        self.links = request.links
        self.cards = picked["cards"]
        self.cards_left_out = len(reached) - len(picked["cards"])
        self.muted = picked["muted"]
        self.muted_left_out = len(tracked) - len(picked["muted"])
        self.sections = picked["section"]
        self.references = picked["reference"]
        self.figures = picked["figure"]
        self.briefs = tuple(briefs[: bounds.briefs])
        self.unread = tuple(
            LocatedText(path=path(u.location.section), text=single_line(u.reason, 300))
            for u in comparison.unread[:_MOST_UNREAD]
        )
        self.unread_left_out = max(0, len(comparison.unread) - _MOST_UNREAD)
        self.full_text = full_text and full_text.within(bounds.full_text)
        self.threshold = threshold
        self.counts = tuple((level, number) for level, number in counts if number)
        # True if a finding was made by another edit than the one that the report's heading names.
        self.shows_edits = any(
            [edit.id for edit in finding.edits] != [after and after.id]
            for finding in comparison.findings
            if finding.edits
        )


def _first(entries: list[tuple[int, model.Finding]], most: int, focus: int | None) -> list[tuple[int, model.Finding]]:
    """Return the first `most` entries; if the focused one is not among them, it replaces the last."""
    late = [entry for entry in entries[most:] if entry[0] == focus]
    return [*entries[: most - len(late)], *late]
