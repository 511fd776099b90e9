"""Prefect is quiet by default, and does what the user set."""

from __future__ import annotations

from pathlib import Path

from flows.quiet import settle_prefect

HOME = Path("somewhere")


def test_nothing_is_sent_to_anybody():
    environ: dict[str, str] = {}
    settle_prefect(environ=environ)
    assert (environ["DO_NOT_TRACK"], environ["PREFECT_SERVER_ANALYTICS_ENABLED"]) == ("1", "false")


def test_what_the_user_set_stays():
    environ = {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "9d"}
    settle_prefect(HOME, environ)
    assert environ["PREFECT_LOGGING_LEVEL"] == "DEBUG"
    assert environ["PREFECT_SERVER_EVENTS_RETENTION_PERIOD"] == "9d"


def test_with_a_home_prefect_serves_itself_there():
    environ: dict[str, str] = {}
    settle_prefect(HOME, environ)
    assert environ["PREFECT_HOME"] == str(HOME)
    assert environ["PREFECT_SERVER_UI_STATIC_DIRECTORY"] == str(HOME / "ui")
    assert environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] == "true"


def test_with_a_server_elsewhere_none_is_started():
    environ = {"PREFECT_API_URL": "http://prefect.example.org/api"}
    settle_prefect(HOME, environ)
    assert "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE" not in environ
    assert "PREFECT_HOME" not in environ
