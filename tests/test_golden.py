"""Test every folder of golden/: an edit with its expected findings, as data, so that a case needs no code.

`case.toml` has the label (one sentence) and, where they matter, `language` and `pinned`; `verdict.txt` is what
`pytest --update-golden` writes and `git diff tests/golden` shows.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import Claim, Element, Figure, Finding, Kind, Policy, Reference, Section, Sentence, Statistic, Tag
from watcher.parse.template_names import dialect_for
from watcher.pipeline import changes_between

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in FOLDER.glob("*/case.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    label: str
    old: str
    new: str
    language: str = "en"
    pinned: tuple[str, ...] = ()

    @property
    def policy(self) -> Policy:
        return Policy(pinned=self.pinned)


def read(folder: Path) -> Case:
    about = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    return Case(
        label=about["label"],
        old=(folder / "before.wikitext").read_text("utf-8"),
        new=(folder / "after.wikitext").read_text("utf-8"),
        language=about.get("language", "en"),
        pinned=tuple(about.get("pinned", ())),
    )


def verdict(case: Case) -> str:
    """The findings as text: severity, kind and place; the words before and after; each field that changed."""
    comparison = compare_wikitext(case.old, case.new, policy=case.policy, wiki=dialect_for(case.language))
    lines = [line for finding in comparison.findings for line in described(finding)]
    lines += [f"unread: {unread.reason}" for unread in comparison.unread]
    return "\n".join(lines or ["nothing"]) + "\n"


def described(finding: Finding) -> Iterator[str]:
    change = finding.change
    section = " › ".join(change.location.section) or "lead"
    where = f"{change.where.value}: {change.label}" if change.label else change.where.value
    yield f"{finding.severity.label} {change.kind.value} in {section} ({where})"
    for sign, element, sentence in (("-", change.old, change.old_sentence), ("+", change.new, change.new_sentence)):
        words = shown(element)
        if words:
            yield f"    {sign} {words}"
        if sentence and sentence != words:
            yield f"      {sign} {sentence}"
    for field in change.fields:
        yield f"    {field.name}: {field.old or '–'} → {field.new or '–'}"


def shown(element: Element | None) -> str:
    match element:
        case Section():
            return " › ".join(element.path)
        case Figure():
            return element.file
        case Reference():
            return element.title or element.url or element.text or element.key
        case Statistic():
            return element.quantity.text
        case Claim():
            return element.text
        case Sentence():
            return element.text
        case Tag():
            return element.name
        case None:
            return ""


@pytest.mark.parametrize("folder", CASES, ids=[folder.name for folder in CASES])
def test_edit_is_reported_as_its_verdict_says(folder: Path, request: pytest.FixtureRequest) -> None:
    case = read(folder)
    text = verdict(case)
    if request.config.getoption("--update-golden"):
        (folder / "verdict.txt").write_text(text, "utf-8")
    assert text == (folder / "verdict.txt").read_text("utf-8"), case.label


@for_each("folder", CASES, ids=[folder.name for folder in CASES])
def test_edit_undone_is_reported_the_other_way_round(folder: Path) -> None:
    case = read(folder)
    other, _ = changes_between(case.old, case.new, policy=case.policy, dialect=dialect_for(case.language))
    back, _ = changes_between(case.new, case.old, policy=case.policy, dialect=dialect_for(case.language))
    turned = {"added": "removed", "removed": "added"}
    # What an edit breaks is told as a fault; of what it mends only that a source is cited again.
    faults = (Kind.REFERENCE_BROKEN, Kind.REFERENCE_UNUSED)
    broken = {
        change.new.key for change in other if change.kind is Kind.REFERENCE_BROKEN and isinstance(change.new, Reference)
    }
    # A sentence that is gone is a claim that is gone; one that came is plain prose until it has a cue.
    subjects = {"claim": "prose"}
    forth = sorted(
        (
            subjects.get(change.kind.subject, change.kind.subject),
            change.kind.verb,
            change.old_sentence or "",
            change.new_sentence or "",
        )
        for change in other
        if change.kind not in faults
    )
    undone = sorted(
        (
            subjects.get(change.kind.subject, change.kind.subject),
            turned.get(change.kind.verb, change.kind.verb),
            change.new_sentence or "",
            change.old_sentence or "",
        )
        for change in back
        if change.kind not in faults
        and not (change.kind is Kind.REFERENCE_ADDED and isinstance(change.new, Reference) and change.new.key in broken)
    )
    assert forth == undone


def test_there_are_cases() -> None:
    assert len(CASES) > 100
