"""Test the validators of single entries and addresses: a value, or a ValueError that says what to write."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher.config import Watchlist, load, validators
from watcher.config.validators import (
    WIKIMEDIA,
    check_service,
    database_problem,
    default_stream,
    is_wikimedia,
    web_address,
)
from watcher.errors import ConfigError
from watcher.model import Kind, Severity
from watcher.urls import host_matches


@for_each(("written", "seconds"))
def test_a_duration_is_read(written: Any, seconds: int):
    assert validators.duration(written) == timedelta(seconds=seconds)


# What each validator says of what it refuses, and values that no table holds.
REFUSED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "duration": (r"duration|longer than a year", (1.5, True, None, [])),
    "title": (r"title|address|empty", ()),
    "host": ("a host alone", ()),
    "age": (r"is (shorter|longer|not)", (None, True)),
    "web_address": (r"must|has a", ()),
    "validate_stream": ('or be "recent-changes" or "off"', ()),
}


@for_each(
    ("name", "written"),
    [(name, each) for name, (_, others) in REFUSED.items() for each in (*table(__file__, f"no_{name}"), *others)],
)
def test_what_cannot_be_is_refused_with_advice(name: str, written: Any):
    with pytest.raises(ValueError, match=REFUSED[name][0]):
        getattr(validators, name)(written)


@given(st.text() | st.integers() | st.floats() | st.booleans())
def test_any_duration_is_read_or_refused_with_advice(written: Any):
    text = ""
    length = timedelta(0)
    try:
        length = validators.duration(written)
    except ValueError as error:
        text = str(error)
    assert timedelta(0) <= length <= timedelta(days=366)
    assert validators.duration(validators.format_duration(length)) == length
    assert not text or "write" in text


@for_each(("written", "title"))
def test_a_title_has_the_normal_form_of_the_wiki(written: str, title: str):
    assert validators.title(written) == title


def test_a_title_has_255_bytes_at_most_and_a_host_253():
    assert validators.title("ä" * 127) == "ä" * 127
    for validate, written in ((validators.title, "ä" * 128), (validators.host, "a" * 254)):
        with pytest.raises(ValueError, match=r"longer than 255 bytes|a host alone"):
            validate(written)


@given(st.text(max_size=300))
def test_a_title_that_was_read_is_read_the_same_again(written: str):
    try:
        title = validators.title(written)
    except ValueError:
        return
    assert validators.title(title) == title


@for_each(
    ("written", "host"), [("W.org", "w.org"), ("w.org.", "w.org"), ("127.0.0.1:81", "127.0.0.1:81"), ("[::1]", "[::1]")]
)
def test_a_host_is_in_lower_case(written: str, host: str):
    assert validators.host(written) == host


@for_each(("entry", "address", "listed"))
def test_an_allowed_host_may_name_its_port(entry: str, address: str, listed: object):
    assert host_matches(entry, address) is listed


@for_each("level", list(Severity))
def test_every_severity_is_known_by_its_label(level: Severity):
    assert validators.severity(level.label) is level


@for_each("kind", [kind.value for kind in Kind] + ["*", "statistic.*", "*.removed"])
def test_every_kind_and_pattern_over_kinds_is_known(kind: str):
    assert validators.kinds(kind) == kind


@for_each(("value", "text"), [("plain", "plain"), ("env:A", "from outside"), ("environment", "environment")])
def test_a_secret_stands_in_the_file_or_the_environment(value: str, text: str):
    assert validators.secret(value, {"A": " from outside\n"}).get_secret_value() == text


@for_each("value", ["env:B", "env:", "env:A B", "env:EMPTY", 5, None])
def test_a_secret_that_is_not_there_is_refused(value: Any):
    with pytest.raises(ValueError, match=r"env|environment"):
        validators.secret(value, {"A": "x", "EMPTY": " "})


@for_each(("word", "known", "expected"))
def test_the_nearest_word_is_offered_else_all(word: str, known: tuple[str, ...], expected: str):
    assert validators.did_you_mean(word, known) == expected


@for_each(("written", "days"), [("90d", 90), ("1y", 365), ("10 years", 3650), ("52w", 364), ("36h", 1.5)])
def test_an_age_may_be_given_in_years(written: str, days: float):
    assert validators.age(written) == timedelta(days=days)


@for_each(("seconds", "words"), [(0, "0"), (90, "1m30s"), (600, "10m"), (93_784, "1d2h3m4s")])
def test_a_length_is_reported_as_the_file_has_it(seconds: int, words: str):
    assert validators.format_duration(timedelta(seconds=seconds)) == words


@for_each("written")
def test_a_web_address_is_taken_as_it_is(written: str):
    assert web_address(written) == written
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
    assert (database_problem(url) is None) is sound


def a_watchlist(folder: Path, more: str, api: str = "https://w.org/w/api.php") -> Path:
    path = folder / "list" / "watchlist.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'[watcher]\ncontact = "mailto:a@example.org"\n{more}\n[[wiki]]\nname = "w"\napi = "{api}"\n', encoding="utf-8"
    )
    return path


@for_each("key", ["api", "base_url", "stream", "url", "database"])
def test_a_mistaken_address_is_named_with_its_key(tmp_path: Path, key: str):
    path = a_watchlist(
        tmp_path, 'base_url = "http://h#@e"\ndatabase = "postgresql://u@h:70000/x"', "http://127.0.0.1#@evil"
    )
    path.write_text(path.read_text() + 'stream = "http://h#@e"\n[[destination]]\nname = "d"\nurl = "json://h#@e"\n')
    if key == "database":  # asked for where all else is in order
        path = a_watchlist(tmp_path, 'database = "postgresql://u@h:70000/x"')
    with pytest.raises(ConfigError, match=rf"\b{key}: "):
        load(path, environ={})


@for_each("folder", ["..", "../reports", "/etc", "/", "a/../../b", "link", "link/reports", "~/../../x"])
def test_reports_outside_are_refused(tmp_path: Path, folder: str):
    path = a_watchlist(tmp_path, f'reports = "{folder}"')
    if not (path.parent / "link").exists():
        (path.parent / "link").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="reports: is outside"):
        load(path, environ={})
    for inside in ("reports", "a/b", ".", "a/../b", f"{tmp_path}/list/inside"):
        load(a_watchlist(tmp_path, f'reports = "{inside}"'), environ={})


def test_a_relative_folder_of_reports_is_in_the_state_folder(tmp_path: Path):
    path = a_watchlist(tmp_path, 'database = "postgresql://u@h/x"\nreports = "seen"')
    assert load(path, environ={}).reports == path.parent / "seen"
    assert load(path, environ={"STATE_DIRECTORY": f"{tmp_path}/state:/other"}).reports == tmp_path / "state/seen"
    path = a_watchlist(tmp_path, f'database = "sqlite:///{tmp_path}/data/a.db"')
    assert load(path, environ={}).reports == tmp_path / "data/reports"
    # absolute, it may be where the database or the service keeps its state
    inside = f'reports = "{tmp_path}/state/reports"'
    load(a_watchlist(tmp_path, f'database = "sqlite:///{tmp_path}/state/a.db"\n{inside}'), environ={})
    path = a_watchlist(tmp_path, f'database = "postgresql://u@h/x"\n{inside}')
    load(path, environ={"STATE_DIRECTORY": f"{tmp_path}/other:{tmp_path}/state"})
    with pytest.raises(ConfigError, match="reports: is outside"):
        load(path, environ={})


ENWIKI = "https://en.wikipedia.org/w/api.php"


@for_each(("api", "ours"))
def test_wikimedia_s_stream_is_for_wikimedia_s_wikis(api: str, *, ours: bool):
    assert is_wikimedia(api) is ours


@for_each(
    ("hosts", "stream"),
    [(["en.wikipedia.org", "stream.wikimedia.org"], WIKIMEDIA), (["en.wikipedia.org"], "recent-changes")],
)
def test_wikimedia_s_stream_is_the_default_where_its_host_is_allowed(hosts: list[str], stream: str):
    assert default_stream(ENWIKI, hosts) == stream


def test_the_stream_that_the_file_names_is_used_else_wikimedia_s(tmp_path: Path):
    hosts = 'allowed_hosts = ["en.wikipedia.org", "stream.wikimedia.org", "events.example.org"]'
    for stream in ("off", "https://events.example.org/s"):
        assert read(tmp_path, f'stream = "{stream}"', hosts).wiki("w").stream == stream
    watchlist = read(tmp_path, "")
    assert watchlist.wiki("w").stream == WIKIMEDIA
    assert "stream.wikimedia.org" in watchlist.allowed_hosts


def read(folder: Path, stream: str, hosts: str = "") -> Watchlist:
    path = folder / "watchlist.toml"
    path.write_text(
        f'[watcher]\ncontact = "mailto:a@example.org"\n{hosts}\n[[wiki]]\nname = "w"\napi = "{ENWIKI}"\n'
        f'{stream}\n[[watch]]\ntitle = "Tide"\n'
    )
    return load(path, environ={})


@for_each(("stream", "hosts", "expected"))
def test_a_stream_that_cannot_be_listened_to_is_named_with_its_line(
    tmp_path: Path, stream: str, hosts: str, expected: str
):
    with pytest.raises(ConfigError, match=rf"watchlist\.toml:7: wiki\[1\]\.stream: .*{expected}"):
        read(tmp_path, f'stream = "{stream}"', hosts)
