"""Test the features of each kind of change, the score of them, and what it decides."""

import ast
import inspect
import re
from decimal import Decimal

import pytest

from tests.cases import for_each
from tests.watcher.judge.conftest import NEW_SOURCE, OLD_SOURCE
from watcher.judge import EditCounts, explain, judge, worth
from watcher.judge.worth import ESTABLISHED_SCORE, SCORED, Features, contributions, features, score, weights
from watcher.model import Finding, Kind, Policy, Severity, TextKind
from watcher.model.changes import StatisticLimit
from watcher.pipeline import changes_between

RIVER = "The river marks the boundary between the two northern duchies from the dam to the gulf."
COUNTED = "The harbour took 410 ships in the spring of that year."
BODY = "== Harbour ==\n{}\n"


def given(old: str, new: str, kind: Kind) -> dict[str, float]:
    """The features above zero of the one change of a kind."""
    changes, _ = changes_between(old, new)
    (change,) = (change for change in changes if change.kind is kind)
    return {name: value for name, value in features(change, EditCounts(changes)).items() if value}


@for_each(
    ("old", "new", "kind", "expected"),
    [
        (
            RIVER,
            RIVER.replace("dam", "weir"),
            Kind.CLAIM_CHANGED,
            {"predicate replaced", "claim in lead", "claim source kept", "claim.changed"},
        ),
        (
            BODY.format(RIVER + OLD_SOURCE),
            BODY.format(RIVER.replace("dam", "weir") + NEW_SOURCE),
            Kind.CLAIM_CHANGED,
            {"predicate replaced", "claim in prose", "words gone", "words come"},
        ),
        (
            BODY.format(f"{COUNTED} {RIVER}"),
            BODY.format(COUNTED),
            Kind.CLAIM_REMOVED,
            {"claim in prose", "claim source kept"},
        ),
        (BODY.format(f"{COUNTED} {RIVER}"), BODY.format(RIVER), Kind.STATISTIC_REMOVED, {"statistic source kept"}),
        (
            BODY.format("The ferry carries Ada Orrin."),
            BODY.format("The ferry carries Ada Orrinsby 12 times a day."),
            Kind.CLAIM_CHANGED,
            {"name spelt alike", "more on one side"},
        ),
        (
            BODY.format(f"{COUNTED}\n\nKrannowitch sailed the first ferry."),
            BODY.format(f"{COUNTED}\n\nKranovich sailed the first ferry."),
            Kind.CLAIM_CHANGED,
            {"name spelt alike"},
        ),
        (f"{COUNTED}\n\n{BODY.format(RIVER)}", COUNTED, Kind.SECTION_REMOVED, {"section holds lost facts"}),
    ],
)
def test_a_scored_change_has_features_of_its_kind(old: str, new: str, kind: Kind, expected: set[str]) -> None:
    result = given(old, new, kind)
    assert expected <= set(result)


def test_words_that_stand_in_another_new_sentence_are_restated() -> None:
    moved = f"{COUNTED} As monks tell, the river marks the boundary between the northern duchies, from the dam."
    gone = given(BODY.format(f"{COUNTED} {RIVER}"), BODY.format(COUNTED), Kind.CLAIM_REMOVED)
    assert "sentence restated" not in gone
    changes, _ = changes_between(BODY.format(RIVER), BODY.format(moved))
    assert EditCounts(changes).restated(RIVER) > 0.5


def test_many_changes_excuse_no_more_than_ten_do() -> None:
    names = ("other prose.changed", "texts added", "words come to the page")
    made = []
    for count in (40, 400):
        padding = "".join(f"\n\nA {word} pier." for word in ["dull"] * count)
        changes, _ = changes_between(BODY.format(RIVER), BODY.format(RIVER.replace("dam", "weir") + padding))
        change = next(change for change in changes if change.kind is Kind.CLAIM_CHANGED)
        result = features(change, EditCounts(changes))
        made.append([result[name] for name in names])
    assert made[0] == made[1]


def test_a_score_is_the_sum_of_weights_and_shows_what_each_gave() -> None:
    table = {"intercept": -1.0, "a": 2.0, "b": -0.5}
    made = {"a": 1.0, "b": 3.0, "unknown": 5.0}
    assert score(made, table) == pytest.approx(-0.5)
    assert contributions(made, table) == [("a", 2.0), ("b", -1.5)]


def test_a_category_that_comes_is_no_other_change() -> None:
    old, new = BODY.format(RIVER), BODY.format(RIVER.replace("dam", "weir"))
    alone, beside = (
        features(changes[0], EditCounts(changes))
        for changes, _ in (changes_between(old, new), changes_between(old, f"{new}\n[[Category:Dams]]"))
    )
    assert alone == beside


def test_other_changes_of_an_edit_speak_for_a_change_or_not_at_all() -> None:
    table = {"intercept": 0.5, "other prose.changed": -1.0, "facts elsewhere": 1.0}
    assert score({"other prose.changed": 3.0}, table) == pytest.approx(0.5)
    made = {"other prose.changed": 1.0, "facts elsewhere": 1.5}
    assert score(made, table) == pytest.approx(1.0)
    assert contributions(made, table) == [("other changes", 0.5)]


@pytest.mark.parametrize(
    ("stated", "falsified"), [("Ada Hill", "Eva Lund"), ("loan", "grant"), ("accepted", "rejected")]
)
def test_nobody_hides_a_change_among_others(stated: str, falsified: str) -> None:
    sentence = "The loan was accepted by Ada Hill."
    padding = (
        "The stone wall goes down to the small lake. Most visitors come on foot along the path.",
        "The stone wall goes down to the small lake there. Most of the visitors come on foot, along the path.",
    )
    more = "\n\n== Evenings ==\nIn the evening the lamps are lit. The keeper closes the gate late."
    old, new = (BODY.format(f"{sentence} {words}") for words in padding)
    assert {finding.severity for finding in judge(changes_between(old, new)[0])} == {Severity.INFO}
    changes, _ = changes_between(old, new.replace(stated, falsified) + more)
    assert max(finding.severity for finding in judge(changes)) >= Severity.MEDIUM


def _known() -> set[str]:
    """Every name that a feature may have."""
    tree = ast.parse(inspect.getsource(worth))
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    locations = ["in lead", "source kept", *(f"in {kind.value}" for kind in TextKind)]
    return {
        *literals,
        *(kind.value for kind in SCORED),
        *(f"other {kind.value}" for kind in Kind),
        *(f"{subject} {words}" for subject in ("claim", "statistic") for words in locations),
    }


def test_every_weight_is_of_a_feature_that_exists() -> None:
    assert "intercept" in weights()
    assert set(weights()) - {"intercept"} - _known() == set()


def loudest(old: str, new: str, table: Features, policy: Policy | None = None) -> Finding:
    policy = policy or Policy()
    changes, _ = changes_between(old, new, policy=policy)
    return max(judge(changes, policy, table=table), key=lambda finding: finding.severity)


NEVER: Features = {"intercept": -100.0}


def test_a_change_that_is_not_worth_a_message_is_lowered_with_its_account() -> None:
    old, new = BODY.format(RIVER), BODY.format(RIVER.replace("dam", "weir"))
    assert loudest(old, new, table={}).severity is Severity.MEDIUM
    assert loudest(old, new, table={"intercept": 1.0}).severity is Severity.MEDIUM
    lowered = loudest(old, new, table={"intercept": -1.0, "predicate replaced": 0.5})
    assert lowered.severity is Severity.LOW
    assert [reason.code for reason in lowered.reasons] == ["predicate-changed", "seldom-matters"]
    assert lowered.reasons[-1].text == "such changes seldom matter: -0.5 (predicate replaced +0.5, …)"


def test_two_things_that_take_each_others_place_are_told_whatever_the_score() -> None:
    lines = ["* 2006: a silver cup from the guild.", "* 2017: a bronze cup from the town."]
    both = [line.replace("silver", "x").replace("bronze", "silver").replace("x", "bronze") for line in lines]
    for new, severity in ((both, Severity.MEDIUM), ([lines[0], both[1]], Severity.LOW)):
        assert loudest("\n".join(lines), "\n".join(new), table=NEVER).severity is severity


def test_beside_what_is_worth_a_message_nearly_as_much_is_told() -> None:
    table = {"intercept": -0.5, "date replaced": 1.0}
    old, new = RIVER.replace("dam", "weir"), "The harbour was built in 1890 by the town."
    for year, severity in (("1890", Severity.LOW), ("1895", Severity.MEDIUM)):
        texts = BODY.format(f"{RIVER} {new}"), BODY.format(f"{old} {new.replace('1890', year)}")
        findings = judge(changes_between(*texts)[0], table=table)
        assert findings[0].severity is severity


@for_each(
    ("old", "new"),
    [
        (RIVER, RIVER.replace("marks", "never marks")),
        (RIVER, RIVER.replace("northern", "southern")),
        (RIVER, RIVER.replace("duchies", "disputed duchies")),
        (RIVER.replace("marks", "marks the third part of"), RIVER.replace("marks", "marks the fourth part of")),
        (RIVER, RIVER.replace("marks", "fucking marks")),
        (RIVER, RIVER.replace("marks", "supposedly marks")),
        (RIVER.replace("marks", "probably marks"), RIVER),
    ],
    ids=["negation", "antonym", "qualification", "rank", "insult", "reservation", "reservation that went"],
)
def test_words_of_a_closed_class_are_always_told(old: str, new: str) -> None:
    assert loudest(BODY.format(old), BODY.format(new), table=NEVER).severity >= Severity.MEDIUM


def test_a_pinned_sentence_and_an_exceeded_limit_are_never_lowered() -> None:
    changed = RIVER.replace("dam", "weir")
    assert loudest(RIVER, changed, policy=Policy(pinned=(RIVER,)), table=NEVER).severity is Severity.CRITICAL
    limit = StatisticLimit(label="ships", low=Decimal(300))
    old, new = BODY.format(f"{COUNTED} {RIVER}"), BODY.format(RIVER)
    assert loudest(old, new, table=NEVER).severity is Severity.LOW
    changed = COUNTED.replace("410", "210")
    result = loudest(BODY.format(COUNTED), BODY.format(changed), policy=Policy(statistics=(limit,)), table=NEVER)
    assert result.severity >= Severity.MEDIUM


def test_an_explanation_ends_with_the_score() -> None:
    changes, _ = changes_between(BODY.format(RIVER), BODY.format(RIVER.replace("dam", "weir")))
    (trace,) = (trace for trace in explain(changes[0], counts=EditCounts(changes)) if trace.rule == "worth_telling")
    assert trace.severity is None
    assert re.match(r"(?:not )?worth a message: [+-]\d\.\d \(", trace.note)
    assert trace.note.endswith(f"from an established account at {ESTABLISHED_SCORE:+} or more")
