"""Test that an address is refused where two parsers could read two hosts."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config import load
from watcher.config.validators import check_service, database_mistake, web_address
from watcher.errors import ConfigError


@for_each("written")
def test_a_web_address_is_taken_as_it_is(written: str):
    assert web_address(written) == written


@for_each("written")
def test_what_can_be_read_in_two_ways_is_refused(written: str):
    with pytest.raises(ValueError, match=r"must|has a"):
        web_address(written)


def test_an_event_stream_may_have_a_query():
    assert web_address("https://w.org/s?since=1", query=True) == "https://w.org/s?since=1"


@given(st.from_regex(r"https?://[a-z0-9.:@#/?%\[\]\\_-]{1,30}", fullmatch=True))
def test_every_address_that_is_taken_has_the_same_host_for_two_libraries(written: str):
    try:
        web_address(written, query=True)
    except ValueError:
        return
    assert httpx.URL(written).host == (urlsplit(written).hostname or "")
    assert httpx.URL(written).userinfo == b""


@for_each("url")
def test_a_service_keeps_its_own_form(url: str):
    check_service(url)


@for_each("url")
def test_a_service_whose_host_is_hidden_is_refused_without_repeating_it(url: str):
    with pytest.raises(ValueError, match="has") as refused:
        check_service(url)
    assert "evil" not in str(refused.value)


@for_each(("url", "sound"))
def test_the_address_of_a_database_has_a_clear_host_and_port(url: str, *, sound: bool):
    assert (database_mistake(url) is None) is sound


def a_watchlist(folder: Path, more: str, api: str = "https://w.org/w/api.php") -> Path:
    path = folder / "list" / "watchlist.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'[watcher]\ncontact = "mailto:a@example.org"\n{more}\n[[wiki]]\nname = "w"\napi = "{api}"\n', encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("key", ["api", "base_url", "stream", "url", "database"])
def test_a_mistaken_address_is_named_with_its_key(tmp_path: Path, key: str):
    path = a_watchlist(
        tmp_path, 'base_url = "http://h#@e"\ndatabase = "postgresql://u@h:70000/x"', "http://127.0.0.1#@evil"
    )
    path.write_text(path.read_text() + 'stream = "http://h#@e"\n[[destination]]\nname = "d"\nurl = "json://h#@e"\n')
    if key == "database":  # asked for where all else is in order
        path = a_watchlist(tmp_path, 'database = "postgresql://u@h:70000/x"')
    with pytest.raises(ConfigError, match=rf"\b{key}: "):
        load(path, environ={})


@pytest.mark.parametrize("folder", ["reports", "a/b", ".", "a/../b", "{list}/inside"])
def test_reports_may_be_in_the_folder_of_the_watchlist(tmp_path: Path, folder: str):
    written = folder.format(list=tmp_path / "list")
    assert load(a_watchlist(tmp_path, f'reports = "{written}"'), environ={}).watches == ()


@pytest.mark.parametrize("folder", ["..", "../reports", "/etc", "/", "a/../../b", "link", "link/reports", "~/../../x"])
def test_reports_outside_are_refused(tmp_path: Path, folder: str):
    path = a_watchlist(tmp_path, f'reports = "{folder}"')
    (path.parent / "link").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="reports: is outside"):
        load(path, environ={})


def test_a_relative_folder_of_reports_is_in_the_state_folder(tmp_path: Path):
    path = a_watchlist(tmp_path, 'database = "postgresql://u@h/x"\nreports = "seen"')
    assert load(path, environ={}).reports == path.parent / "seen"
    assert load(path, environ={"STATE_DIRECTORY": f"{tmp_path}/state:/other"}).reports == tmp_path / "state/seen"
    path = a_watchlist(tmp_path, f'database = "sqlite:///{tmp_path}/data/a.db"')
    assert load(path, environ={}).reports == tmp_path / "data/reports"


def test_reports_may_be_where_the_database_or_the_service_keeps_its_state(tmp_path: Path):
    beside = a_watchlist(
        tmp_path, f'database = "sqlite:///{tmp_path}/state/a.db"\nreports = "{tmp_path}/state/reports"'
    )
    load(beside, environ={})
    path = a_watchlist(tmp_path, f'database = "postgresql://u@h/x"\nreports = "{tmp_path}/state/reports"')
    load(path, environ={"STATE_DIRECTORY": f"{tmp_path}/other:{tmp_path}/state"})
    with pytest.raises(ConfigError, match="reports: is outside"):
        load(path, environ={})
