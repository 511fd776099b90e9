"""Judge changed, added and removed claims by how much their meaning changed."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from watcher.common_ends import common_ends
from watcher.judge.rule import Verdict, field_of, field_severity, labelled, words_around
from watcher.judge.statistics import STATISTIC_RULES, source_reason
from watcher.model import Change, Claim, FieldChange, Kind, Policy, Reason, Severity, SourceChange, TextKind
from watcher.model.changes import VALUE_FIELDS
from watcher.text import shorten
from watcher.text.tokens import TokenKind, tokens
from watcher.text.word_diff import Piece, word_pieces
from watcher.text.words import compound

RESTATED, PASSAGE = "restated", "passage"  # fields of a removed claim
_VERBS = {
    "negation": ("negation removed", "negation added"),
    "hedge": ("reservation removed", "reservation added"),
}
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_AS_OF = re.compile(r"\b(?:as (?:of|at)|Stand:?|situation au|état au|al|per|op)\W+(?:\w+\W+){0,2}$")
_SHORT_SUMMARY = 40  # characters; a shorter summary also quotes the words around the change
_SHORT_GAP = re.compile(r"\s*+\w{0,12}\s*+")  # unchanged text between two parts of one replacement
_LONGEST_REPLACED = 60  # characters; if the words are longer, the old and new sentences show more
_WORDING = {
    "negation": "a negation",
    "antonym": "a word that excludes the other",
    "rank": "the rank",
    "superlative": "the superlative",
    "hedge": "a reservation",
    "attribution": "who is cited for it",
    "entity": "a name",
    "roles": "who does what to whom",
    "owner": "whom or what it is about",
    "predicate": "what is said",
    "cause": "who or what did or caused it",
    "tense": "the tense",
    "status": "whether it still is",
    "definition": "what it is",
    "qualification": "a qualification",
    "statement": "the whole sentence",
    "shouting": "an insult, or words in capitals",
    "member": "one of those that it names together",
    "deletion": "words removed from the sentence",
    "wording": "what the sentence says",
    "cell": "the value of the cell",
    "header": "the heading of the values",
    "link": "the target of a link",
    "formula": "the formula",
    "insertion": "words added to the sentence",
    "date": "a date",
    "number": "a number",
    "amount": "of how many it is said",
}


def pinned_touched(change: Change, policy: Policy) -> Verdict | None:
    """Judge a sentence that the user pinned: always reported, and critical if its meaning or a statistic changed."""
    if change.pinned is None:
        return None
    if change.kind is Kind.CLAIM_REMOVED:
        return Verdict(severity=Severity.CRITICAL, summary=f"pinned claim removed: “{shorten(change.pinned)}”")
    if change.kind.subject == "statistic":
        return _pinned_statistic(change, policy)
    if change.kind is Kind.CLAIM_ADDED:
        return Verdict(
            severity=Severity.MEDIUM, summary=f"the pinned claim is in the article now: “{shorten(change.pinned)}”"
        )
    # Its section and its sources are not part of its meaning.
    severe = any(field.name in _WORDING and field_severity(field) >= Severity.MEDIUM for field in change.fields)
    fields = _quoted_fields(change)
    summary = f"pinned claim: {_fields_text(fields)}" if fields else "the pinned claim was reworded"
    return Verdict(severity=Severity.CRITICAL if severe else Severity.MEDIUM, summary=summary, reasons=_reasons(fields))


def _pinned_statistic(change: Change, policy: Policy) -> Verdict | None:
    """Return the verdict on a statistic of a pinned sentence: critical, or medium if the value is the same."""
    verdict = next((verdict for rule in STATISTIC_RULES if (verdict := rule(change, policy))), None)
    if verdict is None:
        return None
    severe = verdict.severity >= Severity.MEDIUM or any(
        field.name in ("value", "low", "high") for field in change.fields
    )
    severity = Severity.CRITICAL if severe else Severity.MEDIUM
    return replace(verdict, severity=severity, summary=f"pinned claim: {verdict.summary}")


def claim_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge a claim whose words changed by the most severe field; additions, updates and wording are low."""
    if change.kind is not Kind.CLAIM_CHANGED:
        return None
    fields = _quoted_fields(change)
    reasons = _reasons(fields)
    if change.known_source or change.source not in (SourceChange.NONE, SourceChange.UNCHANGED):
        reasons = (*reasons, source_reason(change))
    severity = max(map(field_severity, change.fields), default=Severity.LOW)
    if _is_update(change) or _redates_caption(change):
        severity = min(severity, Severity.LOW)
    in_lead = change.where is TextKind.PROSE and not change.location.section
    link = field_of(change, "link")
    # "[[Ardal|Borvik]]" → "[[Borvik]]" leads to what it shows, and was a correction in 3 of 3 labelled edits.
    shown = (link.new or "") if link else ""
    is_correction = shown.startswith("[[") and "|" not in shown
    if link and not is_correction and (in_lead or change.new_references):
        severity = max(severity, Severity.MEDIUM)  # the linked thing is what the sentence is about
    summary = labelled(change) + _fields_text(fields)
    return Verdict(severity=severity, summary=summary + _around(change, fields, summary), reasons=reasons)


def _quoted_fields(change: Change) -> tuple[FieldChange, ...]:
    """Return the fields as a summary quotes them: as whole compounds, and with what replaced removed words."""
    fields = _in_compounds(change)
    return fields if change.where.is_cell else tuple(_in_context(change, field) for field in fields)


def _in_context(change: Change, field: FieldChange) -> FieldChange:
    """Return a one-sided field with the words of the other side if they were in the same place, else unchanged.

    "Dropped: cleared" would hide that "found him guilty" replaced it.
    """
    words = field.old if field.new is None else field.new
    if field.name in _VERBS or not words or (field.old and field.new):
        return field
    replacements: list[list[Piece]] = [[]]
    for piece in word_pieces(change.old_sentence or "", change.new_sentence or ""):
        if piece.kind == "same" and not _SHORT_GAP.fullmatch(piece.text):
            replacements.append([])
        else:
            replacements[-1].append(piece)
    for pieces in replacements:
        for removed, added in pairwise(pieces):
            named = added if field.old is None else removed
            if (removed.kind, added.kind) == ("old", "new") and words in named.text:
                sides = ("".join(piece.text for piece in pieces if piece.kind != kind) for kind in ("new", "old"))
                old, new = (side.split() for side in sides)
                head, tail = common_ends(*([word.casefold() for word in side] for side in (old, new)))
                is_one_sided = head + tail >= min(len(old), len(new))  # "Critics say the" → "The"
                replaced = replace(field, old=" ".join(old), new=" ".join(new))
                is_short = max(len(replaced.old or ""), len(replaced.new or "")) <= _LONGEST_REPLACED
                return replaced if is_short and not is_one_sided else field
    return field


def _in_compounds(change: Change) -> tuple[FieldChange, ...]:
    """Return the fields, with replaced ideographs extended to the compounds that they are part of.

    Scripts without blanks are compared by characters, and "訪 → 方" alone would be unintelligible.
    """
    old, new = change.old_sentence or "", change.new_sentence or ""
    return tuple(
        replace(field, old=compound(old, field.old, new), new=compound(new, field.new, old))
        if field.old and field.new
        else field
        for field in change.fields
    )


def _is_update(change: Change) -> bool:
    """Return whether names, numbers or dates were updated together with their source: "each year" → "in 2025", too.

    A source added to a sentence without one suggests a correction, since readers had been given another statement. In
    infoboxes, and in cells with their own reference, it counts as an update: most such values have no source.
    """
    own = change.where is TextKind.INFOBOX or (change.where is TextKind.TABLE and "<ref" in change.wikitext[1])
    updating = {SourceChange.CHANGED} | ({SourceChange.ADDED} if own else set())
    # A header or caption in which only the year changed is an update, too.
    return change.source in updating and all(
        field.old is None
        or field.name in (*VALUE_FIELDS, "tense")
        or (field.name == "predicate" and any(_YEAR.fullmatch(side or "") for side in (field.old, field.new)))
        or (field.name == "header" and _YEAR.sub("", field.old) == _YEAR.sub("", field.new or ""))
        for field in change.fields
    )


def _redates_caption(change: Change) -> bool:
    """Return whether only the "as of" date of a caption changed, as for a map that was redrawn."""
    stated = change.new_sentence or ""
    return change.where is TextKind.CAPTION and all(
        field.name == "date" and field.old and field.new and _AS_OF.search(stated[: stated.find(field.new)])
        for field in change.fields
    )


def _reasons(fields: tuple[FieldChange, ...]) -> tuple[Reason, ...]:
    texts = ((field.name, _replaced(field) or _one_sided(field, "removed", "added", 60)) for field in fields)
    return tuple(Reason(code=f"{name}-changed", text=f"{_WORDING.get(name, name)}: {text}") for name, text in texts)


def _replaced(field: FieldChange) -> str:
    """Return what was replaced by what, as text; "" if words were only added or removed."""
    if field.old is None or field.new is None:
        return ""
    old, new = field.old, field.new
    if old != new and shorten(old, 60) == shorten(new, 60) and not old.startswith(new.rstrip(".")):
        begin = old.rfind(" ", 0, common_ends(old, new)[0]) + 1
        old, new = (f"… {side[begin:]}" for side in (old, new))
    return f"{shorten(old, 60) or '–'} → {shorten(new, 60) or '–'}"


def _one_sided(field: FieldChange, removed: str, added: str, max_length: int) -> str:
    return f"{removed if field.new is None else added} “{shorten(field.old or field.new, max_length)}”"


def _around(change: Change, fields: tuple[FieldChange, ...], summary: str) -> str:
    """Return the words around a change whose summary is too short to understand ("19 → 18"), else ""."""
    field = max(fields, key=field_severity, default=None)
    if field is None or len(summary) > _SHORT_SUMMARY or change.where.is_cell:
        return ""
    sides = ((change.new_sentence, field.new), (change.old_sentence, field.old))
    for sentence, words in sides:
        at = sentence.find(words) if sentence and words else -1
        if sentence and words and at >= 0 and sentence != words:
            return words_around(sentence, at, at + len(words))
    return ""


def _fields_text(fields: tuple[FieldChange, ...]) -> str:
    """Return the three most severe fields as text: replaced, added and removed words."""
    words = dict[str, None]()
    for field in sorted(fields, key=field_severity, reverse=True)[:3]:
        removed, added = _VERBS.get(field.name, ("removed", "added"))
        clause = "" if field.old and field.new else field.old or field.new or ""
        content_words = [token for token in tokens(clause) if token.kind.is_content]
        # "Without a pilot" and "rather than cars" limit a statement, and do not reverse it.
        is_reversed = field.name == "negation" and all(token.kind is TokenKind.NEGATION for token in content_words)
        opposite = " (it now says the opposite)" if is_reversed else ""
        words[(_replaced(field) or _one_sided(field, f"{removed}:", f"{added}:", 80)) + opposite] = None
    return "; ".join(words) or "reworded"


def claim_removed(change: Change, _: Policy) -> Verdict | None:
    """Judge a removed claim: medium, or low if another sentence restates it."""
    if change.kind is not Kind.CLAIM_REMOVED or not isinstance(change.old, Claim):
        return None
    quoted = shorten(change.old.text)
    if restated := field_of(change, RESTATED):
        reasons = (Reason(code="restated", text=f"the text now says: {shorten(restated.new)}"),)
        return Verdict(severity=Severity.LOW, summary=f"restated: “{quoted}”", reasons=reasons)
    losses = [Reason(code="source-removed", text="a source supported it")] if change.old_references else []
    if passage := field_of(change, PASSAGE):
        losses.append(Reason(code="passage-removed", text=f"{passage.old} sentences of the section were removed"))
    what = quoted if change.where is TextKind.INFOBOX else f"“{quoted}”"
    # Of a removed passage, a dozen sentences represent the others.
    severity = Severity.LOW if passage and passage.new else Severity.MEDIUM
    return Verdict(severity=severity, summary=f"no longer stated: {what}", reasons=tuple(losses))


def claim_added(change: Change, _: Policy) -> Verdict | None:
    """Judge a new claim: low, unless it is an insult."""
    if change.kind is Kind.CLAIM_ADDED and isinstance(change.new, Claim):
        reasons = () if change.new_references else (Reason(code="unsourced", text="no source supports it"),)
        severity = max(map(field_severity, change.fields), default=Severity.LOW)
        reasons = (*_reasons(change.fields), *reasons)
        return Verdict(severity=severity, summary=f"new claim: “{shorten(change.new.text)}”", reasons=reasons)
    return None
