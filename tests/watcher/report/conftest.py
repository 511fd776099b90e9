"""Build records that name only what a case is about, and hostile texts that every format must escape."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from watcher.model import (
    Article,
    Change,
    Claim,
    Comparison,
    FieldChange,
    Figure,
    Finding,
    Kind,
    Location,
    Measure,
    Mention,
    Quantity,
    Reason,
    Reference,
    Revision,
    Section,
    Sentence,
    Severity,
    Statistic,
    Tag,
    Unread,
)

OLD = "In 2012 the labour office counted 21 million travellers who paid the toll twice."
NEW = "In 2012 the labour office counted 25 million travellers who paid the toll twice."
AUDIT = Reference(
    key="url:example.org/audit", title="Toll audit", url="https://example.org/audit", work="Labour office", date="2012"
)
BLOG = Reference(key="url:example.org/blog", title="What I think of tolls", url="https://example.org/blog", date="2026")


def a_quantity(
    text: str = "21 million", value: str = "21000000", unit: str | None = "travellers", **more: Any
) -> Quantity:
    start = OLD.find(text) if text in OLD else 0
    return Quantity(
        text=text,
        start=start,
        end=start + len(text),
        value=Decimal(value),
        measure=more.pop("measure", Measure.COUNT),
        unit=unit,
        **more,
    )


def a_statistic(text: str = "21 million", value: str = "21000000", sentence: str = OLD, **more: Any) -> Statistic:
    return Statistic(quantity=a_quantity(text, value, **more), sentence=sentence, references=(AUDIT.key,))


ELEMENTS: dict[str, tuple[Any, Any]] = {
    "statistic": (a_statistic(), a_statistic("25 million", "25000000", NEW)),
    "claim": (Claim(text="The toll is the highest."), Claim(text="The toll is the lowest.")),
    "section": (Section(path=("History",), level=2), Section(path=("Origins", "Early years"), level=3)),
    "figure": (
        Figure(file="Map 2012.svg", caption="Tolls in 2012", alt="A map"),
        Figure(file="Map 2020.svg", caption="Tolls in 2020", alt="A map"),
    ),
    "reference": (AUDIT, BLOG),
    "tag": (Tag(name="citation needed", sentence=OLD), Tag(name="dubious", sentence=OLD)),
    "prose": (Sentence(text="It was build in 1910."), Sentence(text="It was built in 1910.")),
    "table": (Sentence(text="Ardal × Won: 9"), Sentence(text="Ardal × Won: 10")),
}


def a_change(kind: Kind = Kind.STATISTIC_CHANGED, **more: Any) -> Change:
    old, new = ELEMENTS[kind.subject]
    sides: dict[str, Any] = {
        "old": None if kind.verb == "added" else old,
        "new": None if kind.verb in ("removed", "broken", "unused") else new,
    }
    if kind is Kind.STATISTIC_CHANGED:
        sides |= {
            "old_sentence": OLD,
            "new_sentence": NEW,
            "old_references": (AUDIT.key,),
            "new_references": (AUDIT.key,),
            "elsewhere": (Mention(sentence="Some 21 million paid.", location=Location(section=("History",))),),
        }
    return Change(kind=kind, **(sides | more))


def a_finding(kind: Kind = Kind.STATISTIC_CHANGED, severity: Severity = Severity.HIGH, **more: Any) -> Finding:
    reasons = more.pop("reasons", (Reason(code="source-unchanged", text="It still cites the same source."),))
    summary = more.pop("summary", "21 million → 25 million travellers (+19 %), same source")
    return Finding(
        rule="a-rule", severity=severity, change=a_change(kind, **more), reasons=tuple(reasons), summary=summary
    )


def a_comparison(*findings: Finding, **more: Any) -> Comparison:
    article = Article(wiki="wiki.example.org", page_id=12, title="Bridge tolls")
    sides: dict[str, Any] = {
        "article": article,
        "before": a_revision(article, 100, "Quiet Reader", "copy-edit"),
        "after": a_revision(article, 104, "203.0.113.9", "updated a number"),
    }
    return Comparison(findings=findings, **(sides | more))


def a_revision(article: Article, number: int, editor: str | None, comment: str | None) -> Revision:
    at = datetime(2026, 11, 3, 14, number % 60, tzinfo=UTC)
    return Revision(article=article, id=number, parent_id=number - 1, at=at, editor=editor, comment=comment)


def every_kind() -> tuple[Finding, ...]:
    levels = list(Severity)
    return tuple(
        a_finding(
            kind,
            levels[number % len(levels)],
            summary=f"A case of {kind.value}",
            location=Location(section=("General", "Europe") if number % 2 else ()),
        )
        for number, kind in enumerate(Kind)
    )


def soaked(value: Any, text: str) -> Any:
    """`value` with `text` in place of every string inside it; numbers, dates and fixed vocabularies stay."""
    if isinstance(value, str) and type(value) is str:
        return text
    if isinstance(value, tuple):
        return tuple(soaked(item, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: soaked(getattr(value, f.name), text) for f in fields(value)})
    return value


def a_soaked_comparison(text: str) -> Comparison:
    findings = every_kind()
    extra = a_finding(Kind.REFERENCE_CHANGED, fields=(FieldChange(name="url", old="a", new="b"),))
    whole = a_comparison(*findings, extra, unread=(Unread(reason="braces", location=Location(section=("Notes",))),))
    hostile: Comparison = soaked(whole, text)
    return hostile


@pytest.fixture(scope="session")
def all_kinds() -> Comparison:
    return a_comparison(*every_kind(), unread=(Unread(reason="braces that never close"),))
