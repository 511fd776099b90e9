"""Test that the dashboard and the alert rules query metrics and labels that exist."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.cases import for_each
from tests.command import run_program
from tests.flows.harness import CHANGED, small_wiki
from watcher.services.alerting.delivery import deliver_due
from watcher.services.checks.outcome import RunMetrics, save_metrics
from watcher.web.pages.operations import WebMetrics

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
RULE_TESTS = Path(__file__).with_name("prometheus-rules.test.yaml")
PROMTOOL = shutil.which("promtool")
RULES: Any = yaml.safe_load((ROOT / "deploy/prometheus-rules.yaml").read_text(encoding="utf-8"))
QUERIES = sorted(
    {target["expr"] for panel in PANELS for target in panel["targets"]}
    | {rule["expr"] for group in RULES["groups"] for rule in group["rules"] if "watcher:" not in rule["expr"]}
)
NAME = re.compile(r"\b(watcher_\w+|process_\w+)(?:\{([^}]*)\})?")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The labels of every metric that a world in use shows."""
    with small_wiki(tmp_path_factory.mktemp("world")) as world:
        world.check()
        world.edit_and_check(CHANGED)
        with world.services() as services:
            deliver_due(services)
            counts = RunMetrics()
            counts.on_wait("w", 1.0)
            save_metrics(services.archive, counts, datetime(2026, 3, 4, tzinfo=UTC))
            services.archive.outages.begin("prefect", "away", world.clock())
        with world.services() as services:
            meter = WebMetrics(services)
            meter.record_response("GET", 200, 0.1)
            text = meter.exposition().decode()
    result: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            result.setdefault(sample.name, set()).update(sample.labels)
    return result


def asked(query: str) -> Iterator[tuple[str, set[str]]]:
    """The metrics of a query with the labels that it chooses by."""
    for hit in NAME.finditer(query):
        yield hit[1], set(re.findall(r"(\w+)[=!]", hit[2] or ""))


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_asks_for_metrics_that_there_are(shown: dict[str, set[str]], query: str):
    names = list(asked(query))
    assert names
    for name, labels in names:
        assert name in shown, query
        grouped = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in re.split(r",\s*", group)}
        assert labels | grouped <= set().union(*(shown[item] for item, _ in names)), query
    assert query.count("(") == query.count(")")


@for_each("panel", PANELS, ids=[panel["title"] for panel in PANELS])
def test_every_legend_names_a_label_that_is_left(panel: dict[str, Any]):
    for target in panel["targets"]:
        kept = re.search(r"by \(([^)]*)\)", target["expr"])
        named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        if named and kept:
            assert named <= set(re.split(r",\s*", kept[1]))


def test_panels_stand_beside_each_other_and_whoever_imports_them_chooses_the_source():
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        location = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(location["x"], location["x"] + location["w"])
            for y in range(location["y"], location["y"] + location["h"])
        }
        assert not cells & taken, panel["title"]
        assert location["x"] + location["w"] <= 24
        taken |= cells
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${source}"}
    assert [item["name"] for item in DASHBOARD["templating"]["list"]] == ["source"]


def test_every_metric_of_ours_is_on_it_or_listed_with_why_not(shown: dict[str, set[str]]):
    used = {re.sub(r"_(bucket|sum|count|total)$", "", name) for query in QUERIES for name, _ in asked(query)}
    ours = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in shown if name.startswith("watcher_")}
    # what the database holds is told by its size, a round by when it ended, a wait by its length
    alerts_elsewhere = {
        "watcher_revisions_stored", "watcher_texts_stored", "watcher_comparisons_stored",
        "watcher_runs", "watcher_wiki_waits",
    }  # fmt: skip
    assert ours - used == alerts_elsewhere


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing: install Debian's prometheus")
def test_the_rules_fire_when_they_should_and_only_then():
    done = run_program(PROMTOOL, "test", "rules", RULE_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_to_fire_and_to_be_silent():
    alerts = {rule["alert"] for group in RULES["groups"] for rule in group["rules"] if "alert" in rule}
    tests = yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]
    silent = {test["alertname"] for test in tests[0]["alert_rule_test"]}
    fired = "".join(
        sample["labels"] for test in tests[1:] for item in test["promql_expr_test"] for sample in item["exp_samples"]
    )
    assert silent == alerts == set(re.findall(r'alertname="(\w+)"', fired))
