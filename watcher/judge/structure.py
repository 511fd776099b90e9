"""Judge changes of the whole page, and of its sections, figures, tags and prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from watcher.judge.rule import Verdict, field_of
from watcher.judge.thresholds import CODE
from watcher.model import Change, Dialect, Figure, Finding, Kind, Policy, Reason, Section, Sentence, Severity, Tag
from watcher.text import shorten

# Icons that templates show beside a link or notice: they are no images of the subject
_ICON = re.compile(
    r"(?:commons|wikiquote|wikisource|wikinews|wikibooks|wiktionary|wikimedia|wikispecies|wikipedia)[ _-]?"
    r"(?:small[ _-])?(?:logo|favicon)|question[ _]book|nuvola|crystal[ _]clear|gnome[ _-]|edit-clear|disambig|padlock"
    r"|wikibar|icon[ _]|note\.svg"
    r"|ambox|example\.(?:jpe?g|png|svg|ogg)"
    # placeholders for a missing image
    r"|(?:no|replace this|missing)[ _-]?(?:image|photo|picture)|gazoubosyu"
    r"|image[ _-]?(?:request|needed|missing|not available)",
    re.IGNORECASE,
)
REPLACED = "page-replaced"
NAMESPACE = "namespace"  # code: in this namespace, such a change states no fact
_SECTIONS = {
    Kind.SECTION_ADDED: (Severity.LOW, "section “{new}” added"),
    Kind.SECTION_REMOVED: (Severity.MEDIUM, "section “{old}” removed"),
    Kind.SECTION_RENAMED: (Severity.LOW, "section “{old}” is now “{new}”"),
    Kind.SECTION_MOVED: (Severity.INFO, "section “{old}” moved"),
}
_FIGURES = {
    Kind.FIGURE_ADDED: (Severity.LOW, "image {new} added"),
    Kind.FIGURE_REMOVED: (Severity.MEDIUM, "image {old} removed"),
    Kind.FIGURE_REPLACED: (Severity.MEDIUM, "image {old} replaced by {new}"),
    Kind.FIGURE_MOVED: (Severity.INFO, "image {new} moved"),
}


def page_replaced(change: Change, _: Policy) -> Verdict | None:
    """Judge a page that was blanked, turned into a redirect, or lost most of its text: always critical."""
    if change.kind is not Kind.SECTION_REMOVED or not (field := field_of(change, "page")):
        return None
    reasons = (Reason(code=REPLACED, text=f"{field.old} → {field.new}"),)
    summary = "page blanked" if field.new == "nothing" else f"the page is now {field.new}, it had {field.old}"
    return Verdict(severity=Severity.CRITICAL, summary=summary, reasons=reasons)


def lowered_by_namespace(findings: Sequence[Finding], title: str, dialect: Dialect) -> Iterator[Finding]:
    """Yield the findings of a page, lowered if they state no fact in its namespace.

    Talk pages contain discussions, signatures and banners of projects; the images of a template are decoration. Pinned
    sentences, exceeded limits of the user and replaced pages count in any namespace.
    """
    namespace = title.partition(":")[0].replace("_", " ").strip().casefold() if ":" in title else ""
    is_talk = namespace in dialect.talk_namespaces
    is_template = namespace in dialect.template_namespaces
    reason = Reason(code=NAMESPACE, text="a talk page states no facts" if is_talk else "an image of a template")
    for finding in findings:
        is_lowered = is_talk or (is_template and finding.change.kind.subject == "figure")
        is_exempt = finding.change.is_pinned or any(each.code in (CODE, REPLACED) for each in finding.reasons)
        if is_lowered and not is_exempt:
            yield replace(finding, severity=min(finding.severity, Severity.LOW), reasons=(*finding.reasons, reason))
        else:
            yield finding


def section_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge a section: a removed one, or a heading with another meaning, is medium; other changes are housekeeping."""
    if change.kind not in _SECTIONS:
        return None
    severity, text = _SECTIONS[change.kind]
    old = change.old.heading if isinstance(change.old, Section) else ""
    new = change.new.heading if isinstance(change.new, Section) else ""
    if change.kind is Kind.SECTION_MOVED and old != new:
        text += ", now “{new}”"
    if field := field_of(change, "text"):
        # Only a heading was added or removed; the text below it is still in the page.
        text = "section “{old}” was merged into “{new}”" if field.new else "section “{new}” was split off from “{old}”"
        severity, old, new = Severity.LOW, field.old or old, field.new or new
    if field_of(change, "header"):
        severity = Severity.MEDIUM
    return Verdict(severity=severity, summary=text.format(old=shorten(old, 60), new=shorten(new, 60)))


def image_replaced(change: Change, _: Policy) -> Verdict | None:
    """Judge a file that was uploaded again under its name: the page shows another image without an edit."""
    if change.kind is Kind.FIGURE_CHANGED and field_of(change, "sha1") and isinstance(change.new, Figure):
        reasons = (Reason(code="picture-replaced", text="the file itself changed, the wikitext did not"),)
        summary = f"another image under the name {shorten(change.new.file, 80)}"
        return Verdict(severity=Severity.MEDIUM, summary=summary, reasons=reasons)
    return None


def figure_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge a figure; the statistics and claims of its caption are judged by their own rules."""
    old = change.old.file if isinstance(change.old, Figure) else ""
    new = change.new.file if isinstance(change.new, Figure) else ""
    if change.kind is Kind.FIGURE_CHANGED:
        names = " and ".join(field.name for field in change.fields)
        return Verdict(severity=Severity.LOW, summary=f"{names} of {shorten(new, 80)} changed")
    if change.kind not in _FIGURES:
        return None
    severity, summary = _FIGURES[change.kind]
    same = bool(new) and old.rpartition(".")[0].casefold() == new.rpartition(".")[0].casefold()  # in another format
    if same or _ICON.match(old or new):
        severity = min(severity, Severity.LOW)
    return Verdict(severity=severity, summary=summary.format(old=shorten(old, 80), new=shorten(new, 80)))


def tag_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge a maintenance tag: another editor doubts a statement, but the statement did not change."""
    match change:
        case Change(kind=Kind.TAG_ADDED, new=Tag(name=name, sentence=sentence)):
            return Verdict(severity=Severity.LOW, summary=f"tagged “{name}”: {shorten(sentence) or 'the article'}")
        case Change(kind=Kind.TAG_REMOVED, old=Tag(name=name, sentence=sentence)):
            return Verdict(severity=Severity.LOW, summary=f"tag “{name}” removed: {shorten(sentence) or 'the article'}")
        case _:
            return None


def not_compared(change: Change, _: Policy) -> Verdict | None:
    """Judge additions and removals in a part that is too large to compare: no other rule sees them."""
    field = field_of(change, "uncompared")
    if field is None:
        return None
    sides = " → ".join(shorten(side, 100) or "–" for side in (field.old, field.new))
    reason = Reason(code="not-compared", text="so much was changed that only a part was compared sentence by sentence")
    return Verdict(severity=Severity.MEDIUM, summary=f"not compared in full: {sides}", reasons=(reason,))


def collapsed(change: Change, _: Policy) -> Verdict | None:
    """Judge collapsed text, which readers see only if they expand it: low."""
    field = field_of(change, "collapsed")
    if field is None:
        return None
    reason = Reason(code="collapsed", text="readers see collapsed text only if they expand it")
    summary = f"more of the page is collapsed: {field.new} parts, before {field.old}"
    return Verdict(severity=Severity.LOW, summary=summary, reasons=(reason,))


def prose_changed(change: Change, _: Policy) -> Verdict | None:
    """Judge other changes of words: they are listed, but send no alert."""
    if change.kind.subject != "prose":
        return None
    old = change.old.text if isinstance(change.old, Sentence) else ""
    new = change.new.text if isinstance(change.new, Sentence) else ""
    verb = {"added": "added", "removed": "removed", "changed": "reworded"}[change.kind.verb]
    return Verdict(severity=Severity.INFO, summary=f"{verb}: {shorten(new or old)}")
