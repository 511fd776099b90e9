"""Test what a destination gets and when, and never an empty message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.cases import for_each
from watcher.config import Destination, Watch, accepts, after_quiet_hours, delivery_time, filter_alert, policy_of
from watcher.config.routing import filter_reason
from watcher.config.schedule import Digest, QuietHours, digest, next_digest, quiet, timezone
from watcher.config.settings import EditFilter, StatisticThreshold
from watcher.config.validators import Secret
from watcher.model import Alert, AlertTopic, Article, Kind, Notice, Policy, Revision, Severity
from watcher.model.changes import StatisticLimit

WATCH = Watch(wiki="w", title="Tide", destinations=("team",), tags=("sea",), claims=("It rises.",))
TEAM = Destination(name="team", url=Secret("json://127.0.0.1"))


def a_notice(kind: Kind = Kind.STATISTIC_CHANGED, severity: Severity = Severity.HIGH):
    return Notice(kind=kind, severity=severity, section=(), summary="1 → 2")


def an_alert(*notices: Notice):
    article = Article(wiki="w", page_id=1, title="Tide")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    revision = Revision(article=article, id=2, parent_id=1, at=now, editor="E", comment="")
    return Alert(key="k", article=article, before=revision, after=revision, notices=notices, diff_url="https://w/")


def test_a_watch_gives_its_judge_the_pinned_claims_and_the_threshold():
    assert policy_of(WATCH.model_copy(update={"threshold": Severity.LOW})) == Policy(
        pinned=("It rises.",), threshold=Severity.LOW
    )


@for_each(
    ("change", "answer"),
    [
        ({}, True),
        ({"name": "other"}, False),
        ({"threshold": Severity.HIGH}, True),
        ({"threshold": Severity.CRITICAL}, False),
        ({"kinds": ("statistic.*",)}, True),
        ({"kinds": ("claim.*", "*.changed")}, True),
        ({"kinds": ("claim.*",)}, False),
        ({"articles": ("Tide",)}, True),
        ({"articles": ("Wave",)}, False),
        ({"tags": ("sea", "sky")}, True),
        ({"tags": ("sky",)}, False),
    ],
)
def test_a_destination_gets_what_passes_all_its_filters(change: dict[str, Any], answer: object):
    assert accepts(TEAM.model_copy(update=change), WATCH, a_notice()) is answer


def test_an_alert_of_which_nothing_would_be_left_is_sent_whole():
    alert = an_alert(a_notice())
    assert filter_alert(TEAM.model_copy(update={"kinds": ("claim.*",)}), alert) == alert


def an_edit(editor: str | None = "Ann", **more: Any) -> Revision:
    article, at = Article(wiki="w", page_id=1, title="Tide"), datetime(2026, 1, 1, tzinfo=UTC)
    return Revision(article=article, id=3, parent_id=2, at=at, editor=editor, comment="", **more)


KNOWN = {"bot": False, "new_account": False, "groups": ("sysop",)}
MATCHES: dict[str, tuple[dict[str, Any], Revision, str]] = {
    "a name": ({"editors": ["Bob", "Ann"]}, an_edit(), "edit by Ann"),
    "another name": ({"editors": ["ann"]}, an_edit(), ""),
    "a pattern": ({"editors": ["*Bot"]}, an_edit("TideBot"), "edit by TideBot"),
    "a network": ({"editors": ["192.0.2.*"]}, an_edit("192.0.2.77"), "edit by 192.0.2.77"),
    "a name with underscores": ({"editors": ["Ann_of_Tide"]}, an_edit("Ann of Tide"), "edit by Ann of Tide"),
    "a hidden name": ({"editors": ["*"]}, an_edit(None), ""),
    "a bot": ({"bots": True}, an_edit(bot=True), "bot edit"),
    "no bot": ({"bots": True}, an_edit(**KNOWN), ""),
    "perhaps a bot": ({"bots": True}, an_edit(), ""),
    "a minor edit": ({"minor": True}, an_edit(minor=True), "minor edit"),
    "a tag": ({"tags": ["mw-*"]}, an_edit(tags=("visualeditor", "mw-undo")), "edit tagged mw-undo"),
    "a group": ({"groups": ["sysop"]}, an_edit(**KNOWN), "edit by a member of sysop"),
    "an address": ({"accounts": ["unregistered"]}, an_edit("192.0.2.7"), "edit by an unregistered account"),
    "a new account": ({"accounts": ["new"]}, an_edit(**KNOWN | {"new_account": True}), "edit by a new account"),
    "perhaps a new account": ({"accounts": ["registered"]}, an_edit(), ""),
    "one of two keys": ({"minor": True, "editors": ["Ann"]}, an_edit(), "edit by Ann"),
}


@for_each(("keys", "edit", "reason"), MATCHES.values(), ids=MATCHES)
def test_a_filter_says_why_it_leaves_an_edit_out(keys: dict[str, Any], edit: Revision, reason: str):
    watch = WATCH.model_copy(update={"ignore": EditFilter(**keys)})
    assert filter_reason(watch, Severity.HIGH, (edit,)) == reason


@for_each(("keys", "edit", "reason"), MATCHES.values(), ids=MATCHES)
def test_only_leaves_out_the_others_but_nobody_of_whom_the_wiki_said_nothing(
    keys: dict[str, Any], edit: Revision, reason: str
):
    watch = WATCH.model_copy(update={"only": EditFilter(**keys)})
    unknown = bool({"bots", "groups", "accounts"} & set(keys)) and edit.is_account_unknown
    expected = "" if reason or unknown else "not an edit that `only` names"
    assert filter_reason(watch, Severity.HIGH, (edit,)) == expected


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


def test_a_watch_gives_its_judge_the_named_thresholds():
    threshold = StatisticThreshold(label="victims", low="20 million", high=30_000_000, change="10 %")
    limit = StatisticLimit(
        label="victims", low=Decimal(20_000_000), high=Decimal(30_000_000), change=Decimal("0.1"), severity=None
    )
    assert policy_of(WATCH.model_copy(update={"statistic": (threshold,)})).statistics == (limit,)


@for_each(
    ("written", "value"),
    {
        1500: "1500", 0.5: "0.5", "20 million": "20000000", "1,250": "1250", "1.25 billion": "1250000000",
        "68 %": "68", "-3": "-3", "−3": "-3", "20Million": "20000000",
    }.items(),
)  # fmt: skip
def test_a_limit_is_a_number_as_people_write_it(written: object, value: str):
    assert StatisticThreshold(label="x", low=written).low == Decimal(value)


ARTICLE = Article(wiki="w", page_id=7, title="Tide")
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def alert_of(severity: Severity) -> Alert:
    revision = Revision(article=ARTICLE, id=1, parent_id=0, at=at("2026-01-01T00:00"), editor="Marian", comment=None)
    notice = Notice(kind=Kind.STATISTIC_CHANGED, severity=severity, section=(), summary="1 → 2 wells")
    return Alert(key="a", article=ARTICLE, before=revision, after=revision, notices=(notice,), diff_url="")


@for_each(("setting", "zone", "now", "sent"))
def test_a_digest_is_sent_at_its_next_local_time(setting: str, zone: str, now: str, sent: str):
    assert next_digest(digest(setting), zone, at(now)) == at(sent)


@pytest.mark.parametrize(
    ("clock", "day", "times"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Berlin; 25 October: 03:00 becomes 02:00
        ("02:30", "2026-03-28", ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30", "2026-03-31T00:30"]),
        ("02:30", "2026-10-24", ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30", "2026-10-27T01:30"]),
        ("08:00", "2026-03-28", ["2026-03-28T07:00", "2026-03-29T06:00", "2026-03-30T06:00", "2026-03-31T06:00"]),
    ],
)
def test_a_change_of_clocks_neither_drops_nor_doubles_a_digest(clock: str, day: str, times: list[str]):
    now, sent = at(f"{day}T00:00"), []
    for _ in times:
        now = next_digest(digest(f"daily {clock}"), BERLIN, now)
        sent.append(now)
    assert sent == [at(timestamp) for timestamp in times]


@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
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
DESTINATION = Destination(name="a", url=Secret("json://a"))
DAILY = DESTINATION.model_copy(update={"digest": Digest(at=at("2026-01-01T08:00").time())})
SLEEPER = DESTINATION.model_copy(
    update={"quiet": QuietHours(start=at("2026-01-01T22:00").time(), end=at("2026-01-01T07:00").time())}
)


@for_each(
    ("destination", "severity", "due", "in_digest"),
    [
        (DESTINATION, Severity.LOW, "2026-03-04T03:00", False),
        (DAILY, Severity.CRITICAL, "2026-03-04T08:00", True),
        (DAILY.model_copy(update={"critical_bypass": True}), Severity.HIGH, "2026-03-04T08:00", True),
        (DAILY.model_copy(update={"critical_bypass": True}), Severity.CRITICAL, "2026-03-04T03:00", False),
        (SLEEPER, Severity.CRITICAL, "2026-03-04T07:00", False),
        (SLEEPER.model_copy(update={"critical_bypass": True}), Severity.CRITICAL, "2026-03-04T03:00", False),
    ],
)
def test_an_alert_is_due_when_its_destination_wants_it(
    destination: Destination, severity: Severity, due: str, *, in_digest: bool
):
    assert delivery_time(destination, alert_of(severity), NIGHT) == (at(due), in_digest)


@for_each(
    "setting", ["", "08:00", "daily", "daily 8:00", "daily 24:00", "weekly 08:00", "weekly xx 08:00", "hourly", 8, None]
)
def test_what_is_no_digest_is_named(setting: object):
    with pytest.raises(ValueError, match='write "daily 08:00"'):
        digest(setting)


@for_each("setting", ["", "22:00", "22-07", "22:00-25:00", "07:00-07:00", 7, None])
def test_what_is_no_stretch_of_hours_is_named(setting: object):
    with pytest.raises(ValueError, match="22:00-07:00"):
        quiet(setting)


@for_each("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", 1, None, "Europe/"])
def test_what_is_no_time_zone_is_named(zone: object):
    with pytest.raises(ValueError, match="is no time zone"):
        timezone(zone)
