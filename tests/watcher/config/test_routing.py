"""Test what a destination gets and when, and never an empty message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.cases import for_each, table
from watcher.config import Destination, Watch, accepts, after_quiet_hours, delivery_time, filter_alert, policy_of
from watcher.config.routing import filter_reason, next_digest
from watcher.config.settings import EditFilter, StatisticThreshold
from watcher.config.validators import Secret, digest, quiet, timezone
from watcher.model import Alert, AlertTopic, Article, Kind, Notice, Policy, Revision, Severity
from watcher.model.changes import StatisticLimit

WATCH = Watch(wiki="w", title="Tide", destinations=("team",), tags=("sea",), claims=("It rises.",))
ARTICLE = Article(wiki="w", page_id=1, title="Tide")
TEAM = Destination(name="team", url=Secret("json://127.0.0.1"))


def a_notice(kind: Kind = Kind.STATISTIC_CHANGED, severity: Severity = Severity.HIGH):
    return Notice(kind=kind, severity=severity, section=(), summary="1 → 2")


def an_alert(*notices: Notice):
    revision = an_edit()
    return Alert(key="k", article=ARTICLE, before=revision, after=revision, notices=notices, diff_url="https://w/")


def test_a_watch_gives_its_judge_the_pinned_claims_the_threshold_and_those_of_named_statistics():
    threshold = StatisticThreshold(label="victims", low="20 million", high=30_000_000, change="10 %")
    watch = WATCH.model_copy(update={"threshold": Severity.LOW, "statistic": (threshold,)})
    limits = {"low": Decimal(20_000_000), "high": Decimal(30_000_000), "change": Decimal("0.1")}
    limit = StatisticLimit(label="victims", severity=None, **limits)
    assert policy_of(watch) == Policy(pinned=("It rises.",), threshold=Severity.LOW, statistics=(limit,))


@for_each(("change", "answer"))
def test_a_destination_gets_what_passes_all_its_filters(change: dict[str, Any], answer: object):
    values = {name: Severity[value.upper()] if name == "threshold" else value for name, value in change.items()}
    assert accepts(TEAM.model_copy(update=values), WATCH, a_notice()) is answer


def an_edit(editor: str | None = "Ann", **more: Any) -> Revision:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Revision(article=ARTICLE, id=3, parent_id=2, at=at, editor=editor, comment="", **more)


KNOWN: dict[str, Any] = {"bot": False, "new_account": False, "groups": ("sysop",)}


@for_each(("keys", "editor", "known", "edit", "reason"))
def test_a_filter_says_why_it_leaves_an_edit_out_and_only_leaves_out_the_others(
    keys: dict[str, Any], editor: str, *, known: bool, edit: dict[str, Any], reason: str
):
    made = an_edit(editor or None, **(KNOWN if known else {}) | edit)
    watch = WATCH.model_copy(update={"ignore": EditFilter(**keys)})
    assert filter_reason(watch, Severity.HIGH, (made,)) == reason
    # but nobody of whom the wiki said nothing
    unknown = bool({"bots", "groups", "accounts"} & set(keys)) and made.is_account_unknown
    watch = WATCH.model_copy(update={"only": EditFilter(**keys)})
    expected = "" if reason or unknown else "not an edit that `only` names"
    assert filter_reason(watch, Severity.HIGH, (made,)) == expected


def test_a_finding_of_one_of_several_edits_is_filtered_only_where_all_are():
    watch = WATCH.model_copy(update={"ignore": EditFilter(bots=True, minor=True)})
    bot, minor, other = an_edit(bot=True), an_edit(minor=True), an_edit()
    assert filter_reason(watch, Severity.HIGH, (bot, minor)) == "bot edit or minor edit"
    assert filter_reason(watch, Severity.HIGH, (bot, other)) == ""
    assert filter_reason(watch, Severity.HIGH, ()) == ""


def test_critical_findings_pass_unless_the_settings_say_otherwise():
    watch = WATCH.model_copy(update={"ignore": EditFilter(minor=True)})
    edits = (an_edit(minor=True),)
    assert filter_reason(watch, Severity.CRITICAL, edits) == ""
    strict = watch.model_copy(update={"critical_always": False})
    assert filter_reason(strict, Severity.CRITICAL, edits) == "minor edit"


def test_a_destination_gets_what_passes_its_filter_and_the_number_of_the_rest():
    team = TEAM.model_copy(update={"ignore": EditFilter(minor=True), "kinds": ("statistic.*",)})
    minor, major = (replace(a_notice(), edits=(an_edit(minor=flag),)) for flag in (True, False))
    claim = replace(minor, kind=Kind.CLAIM_CHANGED)
    alert = replace(an_alert(minor, major, claim), filtered=2)
    kept = filter_alert(team, alert)
    assert (kept.notices, kept.filtered) == ((major,), 3)
    resolved = filter_alert(team, replace(alert, topic=AlertTopic.RESOLVED))
    assert (resolved.notices, resolved.filtered) == ((minor, major), 2)
    assert not accepts(team, WATCH, minor)
    whole = an_alert(minor)  # of which nothing would be left
    assert filter_alert(TEAM.model_copy(update={"kinds": ("claim.*",)}), whole) == whole


@for_each(("written", "value"))
def test_a_limit_is_a_number_as_people_write_it(written: object, value: str):
    assert StatisticThreshold(label="x", low=written).low == Decimal(value)


BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@for_each(("setting", "zone", "now", "sent"))
def test_a_digest_is_sent_at_its_next_local_time(setting: str, zone: str, now: str, sent: str):
    assert next_digest(digest(setting), zone, at(now)) == at(sent)


@for_each(("clock", "day", "times"))
def test_a_change_of_clocks_neither_drops_nor_doubles_a_digest(clock: str, day: str, times: tuple[str, ...]):
    now, sent = at(f"{day}T00:00"), []
    for _ in times:
        now = next_digest(digest(f"daily {clock}"), BERLIN, now)
        sent.append(now)
    assert sent == [at(timestamp) for timestamp in times]


@for_each("zone", [BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_every_day_of_a_year_has_one_digest(zone: str):
    now, last = at("2026-01-01T00:00"), at("2027-01-01T00:00")
    days = []
    while (now := next_digest(digest("daily 02:15"), zone, now)) < last:
        days.append(now)
    assert len(days) == 365
    gaps = {later - earlier for earlier, later in pairwise(days)}
    assert min(gaps) >= timedelta(hours=23)
    assert max(gaps) <= timedelta(hours=25)


@for_each(("hours", "now", "sent"))
def test_quiet_hours_put_off_to_their_end(hours: str, now: str, sent: str):
    assert after_quiet_hours(quiet(hours), BERLIN, at(now)) == at(sent)


NIGHT = at("2026-03-04T03:00")


@for_each(("when", "bypass", "severity", "due", "in_digest"))
def test_an_alert_is_due_when_its_destination_wants_it(
    when: str, *, bypass: bool, severity: str, due: str, in_digest: bool
):
    settings = {"digest": digest("daily 08:00")} if when == "digest" else {"quiet": quiet("22:00-07:00")}
    destination = TEAM.model_copy(update=(settings if when else {}) | {"critical_bypass": bypass})
    assert delivery_time(destination, an_alert(a_notice(severity=Severity[severity.upper()])), NIGHT) == (
        at(due),
        in_digest,
    )


@for_each(
    ("read", "expected", "setting"),
    [
        *((digest, 'write "daily 08:00"', each) for each in (*table(__file__, "no_digests"), 8, None)),
        *((quiet, "22:00-07:00", each) for each in (*table(__file__, "no_hours"), 7, None)),
        *((timezone, "is not a time zone", each) for each in (*table(__file__, "no_zones"), 1, None)),
    ],
)
def test_what_is_no_digest_no_stretch_of_hours_or_no_time_zone_is_named(
    read: Callable[[Any], Any], expected: str, setting: object
):
    with pytest.raises(ValueError, match=expected):
        read(setting)
