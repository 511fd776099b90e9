"""Test the default and the configured stream of a wiki's edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import for_each, parametrize_each
from watcher.config import Watchlist, load
from watcher.config.validators import WIKIMEDIA, default_stream, is_wikimedia, validate_stream
from watcher.errors import ConfigError

ENWIKI = "https://en.wikipedia.org/w/api.php"


@for_each(
    ("api", "ours"),
    [
        (ENWIKI, True),
        ("https://commons.wikimedia.org/w/api.php", True),
        ("https://www.mediawiki.org/w/api.php", True),
        ("https://wikipedia.org.example.org/w/api.php", False),
        ("https://notwikipedia.org/w/api.php", False),
        ("http://127.0.0.1:80/w/api.php", False),
    ],
)
def test_wikimedia_s_stream_is_for_wikimedia_s_wikis(api: str, *, ours: bool):
    assert is_wikimedia(api) is ours


@pytest.mark.parametrize(
    ("hosts", "stream"),
    [(["en.wikipedia.org", "stream.wikimedia.org"], WIKIMEDIA), (["en.wikipedia.org"], "recent-changes")],
)
def test_wikimedia_s_stream_is_the_default_where_its_host_is_allowed(hosts: list[str], stream: str):
    assert default_stream(ENWIKI, hosts) == stream


def test_the_stream_that_the_file_names_is_used(tmp_path: Path):
    hosts = 'allowed_hosts = ["en.wikipedia.org", "stream.wikimedia.org", "events.example.org"]'
    for stream in ("off", "https://events.example.org/s"):
        assert read(tmp_path, stream, hosts).wiki("w").stream == stream


@for_each("value", ["", "on", "ftp://a.example.org", "https://user:secret@a.example.org/", "a b"])
def test_what_is_no_stream_is_refused_with_advice(value: str):
    with pytest.raises(ValueError, match='or be "recent-changes" or "off"'):
        validate_stream(value)


def read(folder: Path, stream: str, hosts: str = "") -> Watchlist:
    path = folder / "watchlist.toml"
    path.write_text(
        f'[watcher]\ncontact = "mailto:a@example.org"\n{hosts}\n[[wiki]]\nname = "w"\napi = "{ENWIKI}"\n'
        f'stream = "{stream}"\n[[watch]]\ntitle = "Tide"\n'
    )
    return load(path, environ={})


def test_without_a_list_of_hosts_wikimedia_s_stream_is_allowed(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_text(f'[watcher]\ncontact = "mailto:a@example.org"\n[[wiki]]\nname = "w"\napi = "{ENWIKI}"\n')
    watchlist = load(path, environ={})
    assert watchlist.wiki("w").stream == WIKIMEDIA
    assert "stream.wikimedia.org" in watchlist.allowed_hosts


@parametrize_each(("stream", "hosts", "expected"))
def test_a_stream_that_cannot_be_listened_to_is_named_with_its_line(
    tmp_path: Path, stream: str, hosts: str, expected: str
):
    with pytest.raises(ConfigError, match=rf"watchlist\.toml:7: wiki\[1\]\.stream: .*{expected}"):
        read(tmp_path, stream, hosts)
