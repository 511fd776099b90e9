"""Show which messages a watch would have sent in a past period, as text, JSON or a page with a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from watcher.model import Alert, AlertTopic, Severity
from watcher.report.labels import counted
from watcher.text import escape_control_characters, to_json, truncate

WORST: Final = 10
"""Maximum number of messages that are shown with their subjects."""
_MOST_WEEKS: Final = 26  # up to this many are shown one by one
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMessage:
    """A message as it would have been sent."""

    at: datetime
    destination: str
    subject: str
    text: str
    alerts: tuple[Alert, ...]

    @property
    def severity(self) -> Severity:
        """The highest severity of its findings; INFO if it has none."""
        return max((alert.worst for alert in self.alerts), default=Severity.INFO)

    @property
    def level(self) -> str:
        """The label of its severity; "resolved" if all its alerts are resolutions."""
        is_over = all(alert.is_resolved for alert in self.alerts)
        return AlertTopic.RESOLVED.value if is_over else self.severity.label

    @property
    def kinds(self) -> tuple[str, ...]:
        """The distinct kinds of its changes."""
        return tuple(dict.fromkeys(notice.kind.value for alert in self.alerts for notice in alert.notices))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The messages that a watch would have sent between two times.

    `settings` are those of the simulation, `quiet` maps reasons to counts of what was not sent, `others` has the number
    of messages with other settings. `sampled` of the `members` pages of a list were used. `note` names omissions.
    """

    title: str
    wiki: str
    begin: datetime
    until: datetime
    settings: Mapping[str, str]
    revisions: int = 0
    messages: tuple[PreviewMessage, ...] = ()
    quiet: Mapping[str, int] = field(default_factory=dict)
    others: tuple[tuple[str, int], ...] = ()
    members: int = 0
    sampled: int = 0
    note: str = ""

    @property
    def worst(self) -> Sequence[PreviewMessage]:
        """The messages of the highest severity, resolutions last."""
        order = sorted(self.messages, key=lambda each: (each.level == AlertTopic.RESOLVED, -each.severity, each.at))
        return order[:WORST]

    @property
    def levels(self) -> dict[str, int]:
        """The number of messages by severity, from the highest on, then of resolutions."""
        counts = Counter(message.level for message in self.messages)
        names = (*(level.label for level in reversed(Severity)), AlertTopic.RESOLVED.value)
        return {name: counts[name] for name in names if counts[name]}

    @property
    def kinds(self) -> dict[str, int]:
        """The number of messages by kind of change, the most frequent first; a message may have several."""
        return dict(Counter(kind for message in self.messages for kind in message.kinds).most_common())

    @property
    def weeks(self) -> dict[date, Counter[str]]:
        """The number of messages by severity for each week, by the date of its Monday."""
        monday = self.begin.date() - timedelta(days=self.begin.weekday())
        weeks = {
            monday + _WEEK * number: Counter[str]() for number in range((self.until.date() - monday).days // 7 + 1)
        }
        for message in self.messages:
            day = message.at.date()
            weeks.setdefault(day - timedelta(days=day.weekday()), Counter())[message.level] += 1
        return weeks

    @property
    def calendar(self) -> list[tuple[date, list[list[PreviewMessage]]]]:
        """The weeks that have messages, each with the messages of its seven days."""
        days: dict[date, list[PreviewMessage]] = {}
        for message in self.messages:
            days.setdefault(message.at.date(), []).append(message)
        weeks = [week for week, levels in self.weeks.items() if levels]
        return [(week, [days.get(week + timedelta(days=day), []) for day in range(7)]) for week in weeks]

    @property
    def summary(self) -> str:
        """The number of messages in total and per week; for a sample, also an estimate for all pages."""
        length = max((self.until - self.begin) / _WEEK, 1)  # two days are too short to estimate a week
        number = len(self.messages)
        text = f"{counted(number, 'message')}, {number / length:.1f} a week"
        if self.sampled:
            every = number / self.sampled * self.members
            text += f", from {self.sampled:,} of {self.members:,} pages; all of them: "
            text += f"about {counted(round(every), 'message')}, {every / length:,.1f} a week"
        return text


def preview_json(preview: Preview) -> str:
    """Return the preview as a JSON object with every message."""
    content: dict[str, Any] = {
        "title": preview.title,
        "wiki": preview.wiki,
        "begin": preview.begin.isoformat(),
        "until": preview.until.isoformat(),
        "settings": dict(preview.settings),
        "revisions": preview.revisions,
        "by_severity": preview.levels,
        "by_kind": preview.kinds,
        "by_week": {f"{week}": dict(levels) for week, levels in preview.weeks.items()},
        "messages": [
            {
                "at": message.at.isoformat(),
                "destination": message.destination,
                "severity": message.severity.label,
                "topics": list(dict.fromkeys(alert.topic.value for alert in message.alerts)),
                "kinds": list(message.kinds),
                "subject": message.subject,
                "text": message.text,
                "revisions": [[alert.before.id, alert.after.id] for alert in message.alerts],
            }
            for message in preview.messages
        ],
        "quiet": dict(preview.quiet),
        "other_settings": dict(preview.others),
        "members": preview.members or None,
        "sampled": preview.sampled or None,
        "note": preview.note or None,
    }
    return to_json(content) + "\n"


def preview_text(preview: Preview) -> str:
    """Return the preview as lines for one screen, without control characters."""
    settings = ", ".join(f"{name} {value}" for name, value in preview.settings.items())
    lines = [
        f"{preview.title} on {preview.wiki}, {preview.begin:%Y-%m-%d} to {preview.until:%Y-%m-%d} ({settings})",
        f"{counted(preview.revisions, 'edit')} → {preview.summary}",
        *([preview.note] if preview.note else []),
    ]
    if preview.messages:
        weeks = {week: sum(levels.values()) for week, levels in preview.weeks.items()}
        busiest = max(weeks, key=lambda week: weeks[week])
        each = f"{' '.join(map(str, weeks.values()))}, " if len(weeks) <= _MOST_WEEKS else ""
        lines += [f"By severity:  {_listed(preview.levels)}", f"By kind:      {_listed(preview.kinds)}"]
        lines += [f"By week:      {each}at most {weeks[busiest]:,} in that of {busiest}"]
        names = Counter(message.destination for message in preview.messages)
        lines += [f"To:           {_listed(names)}"] if len(names) > 1 else []
        more = len(preview.messages) > len(preview.worst)
        lines += ["", f"The {len(preview.worst)} of highest severity:" if more else "The messages:"]
        lines += [f"  {message.at:%Y-%m-%d %H:%M}  {message.subject}" for message in preview.worst]
    if preview.quiet:
        lines += ["", "Not alerted:", *(f"  {number:,} × {reason}" for reason, number in preview.quiet.items())]
    if preview.others:
        instead = f"in place of {len(preview.messages):,}"
        played = (f"  with {label}: {counted(number, 'message')} {instead}" for label, number in preview.others)
        lines += ["", "Other settings:", *played]
    return "\n".join(escape_control_characters(truncate(line, 300)) for line in lines) + "\n"


def _listed(numbers: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {number:,}" for name, number in numbers.items())


def preview_html(preview: Preview) -> str:
    """Return the preview as one self-contained HTML page with a calendar."""
    from watcher.report.as_html import environment, page_values  # noqa: PLC0415  Jinja is slow to import

    template = environment().get_template("preview.html")
    return template.render(preview=preview, in_frame=False, **page_values())


WRITERS: Mapping[str, Callable[[Preview], str]] = {
    "text": preview_text,
    "html": preview_html,
    "json": preview_json,
}


def merge_previews(title: str, previews: Sequence[Preview], members: int) -> Preview:
    """Return one preview for a list of `members` pages from those of the sampled ones; needs at least one."""
    first = previews[0]
    messages = sorted((message for each in previews for message in each.messages), key=lambda message: message.at)
    labels = dict.fromkeys(label for each in previews for label, _ in each.others)  # including those without messages
    return Preview(
        title=title,
        wiki=first.wiki,
        begin=min(each.begin for each in previews),
        until=max(each.until for each in previews),
        settings=first.settings,
        revisions=sum(each.revisions for each in previews),
        messages=tuple(messages),
        quiet=sum((Counter(each.quiet) for each in previews), Counter()),
        others=tuple((label, sum(dict(each.others).get(label, 0) for each in previews)) for label in labels),
        members=members,
        sampled=len(previews),
        note=" ".join(dict.fromkeys(each.note for each in previews if each.note)),
    )
