"""A destination gets what it asked for, and never an empty message."""

from datetime import UTC, datetime
from typing import Any

from tests.cases import for_each
from watcher.config import Destination, Secret, Watch, accepts, filter_alert, policy_of
from watcher.model import Alert, Article, Kind, Notice, Policy, Revision, Severity

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
def test_a_destination_is_told_what_passes_all_its_filters(change: dict[str, Any], answer: object):
    assert accepts(TEAM.model_copy(update=change), WATCH, a_notice()) is answer


def test_only_wanted_notices_are_left_in_the_alert():
    figure, claim = a_notice(), a_notice(kind=Kind.CLAIM_CHANGED)
    assert filter_alert(TEAM.model_copy(update={"kinds": ("claim.*",)}), an_alert(figure, claim)).notices == (claim,)


def test_an_alert_of_which_nothing_would_be_left_is_sent_whole():
    alert = an_alert(a_notice())
    assert filter_alert(TEAM.model_copy(update={"kinds": ("claim.*",)}), alert) == alert
