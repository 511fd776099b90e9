"""Test loading watchlist.toml: a Watchlist without a visible secret, or all mistakes with their lines."""

import copy
import pickle
import tomllib
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config import Destination, Watchlist, WikiSite, load
from watcher.config.loader import format_problems
from watcher.config.toml_positions import line_index, nearest_line
from watcher.config.validators import Digest, QuietHours, Secret
from watcher.errors import ConfigError
from watcher.model import Severity

HEAD = """\
[watcher]
contact = "mailto:a@example.org"
allowed_hosts = ["wiki.example.org"]
[[wiki]]
name = "w"
api = "https://wiki.example.org/api.php"
"""


@pytest.fixture
def listed(tmp_path: Path):
    """Load a text as watchlist.toml."""

    def load_text(text: str, *, url_problem: Callable[[str], str | None] | None = None, **environ: str) -> Any:
        path = tmp_path / "watchlist.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ=environ, url_problem=url_problem)

    return load_text


@pytest.fixture
def mistakes(listed: Callable[..., Watchlist]):
    """The lines of the error that a text gives."""

    def lines_of(text: str, **more: Any) -> Any:
        with pytest.raises(ConfigError) as caught:
            listed(text, **more)
        return str(caught.value).splitlines()

    return lines_of


def test_every_key_reaches_its_value(listed: Callable[..., Watchlist], tmp_path: Path):
    text = HEAD.replace('"w"\n', '"w"\nlanguage = "de"\n', 1) + Path(__file__).with_name("every_key.toml").read_text(
        encoding="utf-8"
    )
    watchlist = listed(text, TEAM_URL="json://127.0.0.1:9/")
    watch = watchlist.watches[0]
    assert watchlist.path == tmp_path / "watchlist.toml"
    assert watchlist.wikis == (WikiSite(name="w", api="https://wiki.example.org/api.php", language="de"),)
    assert (watch.wiki, watch.title, watch.threshold) == ("w", "Sea level rise", Severity.HIGH)
    assert (watch.settle, watch.every) == (timedelta(minutes=90), timedelta(hours=1))
    assert (watch.claims, watch.destinations, watch.tags) == (("The sea rises.",), ("team",), ("climate",))
    assert not watch.critical_bypass
    assert watchlist.destinations == (
        Destination(
            name="team",
            url=Secret("json://127.0.0.1:9/"),
            threshold=Severity.CRITICAL,
            kinds=("statistic.*",),
            articles=("Sea level rise",),
            tags=("climate",),
        ),
    )


@for_each("setting", ["rendered", "source_check"])
def test_a_wiki_has_settings_for_its_watches(listed: Callable[..., Watchlist], setting: str):
    wiki = HEAD.replace("[[wiki]]\n", f"[[wiki]]\n{setting} = true\n")
    watches = f'[[watch]]\ntitle = "Tide"\n[[watch]]\ntitle = "tide"\n{setting} = false\n'
    assert [getattr(watch, setting) for watch in listed(wiki + watches).watches] == [True, False]
    assert [getattr(watch, setting) for watch in listed(HEAD + watches).watches] == [False, False]


def test_what_is_left_out_has_the_documented_defaults(
    listed: Callable[..., Watchlist], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    watchlist = listed(HEAD + '[[watch]]\ntitle = "Tide"\n[[destination]]\nname = "a"\nurl = "json://127.0.0.1:9"\n')
    watch = watchlist.watches[0]
    assert watchlist.database.get_secret_value() == f"sqlite:///{tmp_path / 'watcher.db'}"
    assert (watchlist.reports, watchlist.base_url, watchlist.templates) == (tmp_path / "reports", None, None)
    assert listed(HEAD.replace("[watcher]", '[watcher]\ntemplates = "words"')).templates == tmp_path / "words"
    assert listed(HEAD.replace('allowed_hosts = ["wiki.example.org"]\n', "")).allowed_hosts == ("wiki.example.org",)
    monkeypatch.chdir(tmp_path)
    assert load(Path("watchlist.toml"), environ={}).reports == tmp_path / "reports"
    assert (watch.wiki, watch.destinations, watch.threshold) == ("w", ("a",), Severity.MEDIUM)
    assert (watch.settle, watch.every, watch.critical_bypass) == (timedelta(minutes=10), timedelta(minutes=15), True)


@for_each("address", ["http://127.0.0.1:81", "http://localhost", "http://[::1]:81"])
def test_a_wiki_on_this_machine_may_speak_plain_http(listed: Callable[..., Watchlist], address: str):
    host = address.removeprefix("http://")
    text = HEAD.replace("https://wiki.example.org", address).replace("wiki.example.org", host)
    assert listed(text).allowed_hosts == (host,)


@for_each(("written", "complete"))
def test_a_database_becomes_a_complete_url(
    listed: Callable[..., Watchlist], tmp_path: Path, written: str, complete: str
):
    text = HEAD.replace("[[wiki]]", f'database = "{written}"\n[[wiki]]')
    assert listed(text, DB="postgresql://hidden").database.get_secret_value() == complete.format(folder=tmp_path)


WATCH = HEAD + '[[watch]]\nwiki = "w"\ntitle = "Tide"\n'
DESTINATION = HEAD + '[[destination]]\nname = "team"\nurl = "json://127.0.0.1:9/"\n'

TEXTS = {"": "", "head": HEAD, "watch": WATCH, "destination": DESTINATION}


@for_each(("name", "begin", "rest", "line", "key", "expected"))
def test_a_mistake_is_one_line_with_file_line_key_and_next_step(
    mistakes: Callable[..., list[str]], name: str, begin: str, rest: str, line: int, key: str, expected: str
):
    (row,) = mistakes(TEXTS[begin] + rest.replace("LONG", "潮" * 850))
    assert row.startswith(f"watchlist.toml:{line}: {key}: "), name
    assert expected in row


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file_but_no_flood_of_them(
    mistakes: Callable[..., list[str]],
):
    rows = mistakes(WATCH + 'settle = "x"\nevery = "y"\n[[destination]]\nname = ""\nurl = "json://127.0.0.1:9"\n')
    assert [row.split(": ")[1] for row in rows] == ["watch[1].settle", "watch[1].every", "destination[1].name"]
    rows = mistakes(HEAD + '[[watch]]\ntitle = ""\n' * 30)
    assert len(rows) == 21
    assert rows[-1] == "watchlist.toml: and 10 more mistakes; fix these first"
    problems = [(("a",), "wrong")] * 3  # the same one is reported once
    assert format_problems("f.toml", problems, {("a",): 1}) == "f.toml:1: a: wrong"


def test_a_url_that_apprise_cannot_use_is_a_mistake(mistakes: Callable[..., list[str]]):
    (row,) = mistakes(DESTINATION, url_problem=lambda url: f"cannot be {len(url)}")
    assert row == "watchlist.toml:9: destination[1].url: cannot be 19"


def test_a_file_with_byte_order_mark_and_windows_line_ends_is_read(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WATCH.replace("\n", "\r\n").encode())
    assert [watch.title for watch in load(path, environ={}).watches] == ["Tide"]


@for_each(
    ("content", "expected"),
    [
        (None, "no such file; write one with `watcher init`"),
        (b"[watcher]\n# \xff\n", "watchlist.toml:2: not UTF-8"),
        (b"#" * 4_000_001, "larger than 4 MB"),
        (f"a = {'[' * 5000}".encode(), "watchlist.toml:1: not valid TOML: "),
        (f"a = {'1' * 5000}".encode(), "watchlist.toml:1: not valid TOML: "),
    ],
)
def test_a_file_that_is_no_text_is_reported_in_one_line(tmp_path: Path, content: Any, expected: str):
    path = tmp_path / "watchlist.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path, environ={})
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, environ={})


SECRETS = ("hunter2", "T0KEN")


@for_each(("begin", "old", "new"))
def test_no_error_repeats_a_secret(mistakes: Callable[..., list[str]], begin: str, old: str, new: str):
    text = TEXTS[begin].replace(old, new, 1)
    written = "\n".join(mistakes(text, url_problem=lambda _url: "cannot be used"))
    assert not [secret for secret in SECRETS if secret in written]


def test_a_secret_comes_from_the_environment_and_is_shown_by_nothing(listed: Callable[..., Watchlist]):
    (webhook,) = listed(DESTINATION + 'payload = "json"\nsecret = "env:KEY"\n', KEY=f" {'T0KEN' * 4}\n").destinations
    (file,) = listed(DESTINATION.replace("json://127.0.0.1:9/", "file:///var/log/alerts.jsonl")).destinations
    (text,) = listed(DESTINATION).destinations
    assert [each.takes_json for each in (webhook, file, text)] == [True, True, False]
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == "T0KEN" * 4
    assert "T0KEN" not in repr(webhook)
    hidden = DESTINATION.replace("json://127.0.0.1:9/", "env:TEAM").replace("[[", 'database = "env:DB"\n[[', 1)
    watchlist = listed(hidden, TEAM="json://h/T0KEN", DB="postgresql://u:hunter2@h/d")
    assert not [secret for secret in SECRETS if secret in f"{watchlist!r} {watchlist} {watchlist.destinations[0]}"]


def test_when_a_destination_gets_messages_is_read(listed: Callable[..., Watchlist]):
    settings = 'digest = "weekly mon 08:00"\nquiet = "22:00-07:00"\ntimezone = "Europe/Berlin"\n'
    (destination,) = listed(DESTINATION + settings + "critical_bypass = true\noperator = false\n").destinations
    assert destination.digest == Digest(at=time(8), weekday=0)
    assert destination.quiet == QuietHours(start=time(22), end=time(7))
    assert (destination.timezone, destination.critical_bypass, destination.operator) == ("Europe/Berlin", True, False)


def test_proxies_are_named_by_address_or_network_and_hosts_of_sources_with_their_ports(
    listed: Callable[..., Watchlist],
):
    assert listed(HEAD).trusted_proxies == ()
    named = listed(HEAD.replace("[watcher]", '[watcher]\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/8", "::1"]'))
    assert named.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "::1")
    named = listed(HEAD.replace("[watcher]", '[watcher]\nsource_hosts = ["Reports.example.org:8443", "[::1]:80"]'))
    assert named.source_hosts == ("reports.example.org:8443", "[::1]:80")
    with pytest.raises(ConfigError, match=r"watchlist\.toml:\d+: watcher\.source_hosts\[1\]: needs a port"):
        listed(HEAD.replace("[watcher]", '[watcher]\nsource_hosts = ["reports.example.org"]'))


@for_each("wrong", ["*", "localhost", "10.0.0.1/8", "0.0.0.0/0", "::/0", "", "127.0.0.1:80"])
def test_what_is_no_address_of_a_proxy_is_refused_with_its_line(listed: Callable[..., Watchlist], wrong: str):
    with pytest.raises(ConfigError, match=r"watchlist\.toml:\d+: watcher\.trusted_proxies"):
        listed(HEAD.replace("[watcher]", f'[watcher]\ntrusted_proxies = ["{wrong}"]'))


@for_each("writing", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_written_anywhere(writing: Callable[[object], object]):
    with pytest.raises(TypeError, match="reveal"):
        writing(Secret("T0KEN"))


@for_each(("text", "lines"))
def test_a_key_is_found_on_its_line(text: str, lines: dict[str, int]):
    tomllib.loads(text)
    assert {"/".join(map(str, key)): line for key, line in line_index(text).items()}.items() >= lines.items()
    index = line_index("[a]\nb = 1\n[[c]]\n")  # a missing key has the line of the table around it
    assert [nearest_line(index, path) for path in [("c", 0, "x"), ("a", "x"), ("x",)]] == [3, 1, 1]


VALUES = st.recursive(
    st.booleans() | st.integers(0, 99) | st.text(st.sampled_from("a]}#,='\"\\\n"), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.#]", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case list():
            return "[" + "".join(f"\n {written(item)}," for item in value) + "\n]"
        case dict():
            return "{" + ", ".join(f"{written(key)} = {written(item)}" for key, item in value.items()) + "}"
    raise AssertionError(value)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from paths(item, (*path, key))


@given(st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=4))
def test_every_path_that_tomllib_reads_has_a_line(content: Any):
    text = "".join(f"{key} = {written(value)}\n" for key, value in content.items())
    assert tomllib.loads(text) == content
    assert set(line_index(text)) == set(paths(content))
