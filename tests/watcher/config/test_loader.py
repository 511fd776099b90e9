"""Test loading watchlist.toml: a Watchlist, or all mistakes with their lines."""

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cases import for_each, parametrize_each
from watcher.config import Destination, Watchlist, WikiSite, load
from watcher.config.loader import ConfigProblem, format_problems
from watcher.config.schedule import Digest, QuietHours
from watcher.config.validators import Secret
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
    text = (
        HEAD.replace('"w"\n', '"w"\nlanguage = "de"\n', 1)
        + """
[[watch]]
wiki = "w"
title = "Sea_level  rise"
threshold = "high"
settle = "1h30m"
every = 3600
claims = ["The sea  rises."]
destinations = ["team"]
tags = ["climate"]
critical_bypass = false
[[destination]]
name = "team"
url = "env:TEAM_URL"
threshold = "critical"
kinds = ["statistic.*"]
articles = ["Sea level rise"]
tags = ["climate"]
"""
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


@pytest.mark.parametrize("setting", ["rendered", "source_check"])
def test_a_wiki_has_settings_for_its_watches(listed: Callable[..., Watchlist], setting: str):
    wiki = HEAD.replace("[[wiki]]\n", f"[[wiki]]\n{setting} = true\n")
    watches = f'[[watch]]\ntitle = "Tide"\n[[watch]]\ntitle = "Ebb"\n{setting} = false\n'
    assert [getattr(watch, setting) for watch in listed(wiki + watches).watches] == [True, False]
    assert [getattr(watch, setting) for watch in listed(HEAD + watches).watches] == [False, False]


def test_what_is_left_out_has_the_documented_defaults(listed: Callable[..., Watchlist], tmp_path: Path):
    watchlist = listed(HEAD + '[[watch]]\ntitle = "Tide"\n[[destination]]\nname = "a"\nurl = "json://127.0.0.1:9"\n')
    watch = watchlist.watches[0]
    assert watchlist.database.get_secret_value() == f"sqlite:///{tmp_path / 'watcher.db'}"
    assert (watchlist.reports, watchlist.base_url) == (tmp_path / "reports", None)
    assert (watch.wiki, watch.destinations, watch.threshold) == ("w", ("a",), Severity.MEDIUM)
    assert (watch.settle, watch.every, watch.critical_bypass) == (timedelta(minutes=10), timedelta(minutes=15), True)


def test_without_an_allow_list_only_the_hosts_of_the_wikis_are_allowed(listed: Callable[..., Watchlist]):
    assert listed(HEAD.replace('allowed_hosts = ["wiki.example.org"]\n', "")).allowed_hosts == ("wiki.example.org",)


@pytest.mark.parametrize("address", ["http://127.0.0.1:81", "http://localhost", "http://[::1]:81"])
def test_a_wiki_on_this_machine_may_speak_plain_http(listed: Callable[..., Watchlist], address: str):
    host = address.removeprefix("http://")
    text = HEAD.replace("https://wiki.example.org", address).replace("wiki.example.org", host)
    assert listed(text).allowed_hosts == (host,)


@parametrize_each(("written", "complete"))
def test_a_database_becomes_a_complete_url(
    listed: Callable[..., Watchlist], tmp_path: Path, written: str, complete: str
):
    text = HEAD.replace("[[wiki]]", f'database = "{written}"\n[[wiki]]')
    assert listed(text, DB="postgresql://hidden").database.get_secret_value() == complete.format(folder=tmp_path)


WATCH = HEAD + '[[watch]]\nwiki = "w"\ntitle = "Tide"\n'
STATISTIC = "[[watch.statistic]]\nlabel = 'victims'\n"
DESTINATION = HEAD + '[[destination]]\nname = "team"\nurl = "json://127.0.0.1:9/"\n'

# text, then the line, the key and a part of what is said
WRONG = {
    "syntax": ("[watcher]\ncontact = mailto\n", 2, "not valid TOML", "Invalid value"),
    "string without end": ('[watcher]\ncontact = "x\n', 2, "not valid TOML", "quotes"),
    "file without end": ('[watcher]\na = """\n\n', 4, "not valid TOML", "check"),
    "key twice": ('[watcher]\ncontact = "a"\ncontact = "b"\n', 3, "not valid TOML", "check"),
    "nesting without end": (f"a = {'[' * 5000}", 1, "not valid TOML", "deep"),
    "number without end": (f"a = {'1' * 5000}", 1, "not valid TOML", "long"),
    "empty file": ("", 1, "watcher", "is missing; add [watcher]"),
    "no contact": ("[watcher]\n", 1, "watcher.contact", 'add contact = "mailto:'),
    "contact without address": ('[watcher]\ncontact = "me, myself"\n', 2, "watcher.contact", "mailto:"),
    "contact that would break a header": ('[watcher]\ncontact = "a@b.c\\r\\nX: y"\n', 2, "watcher.contact", "ASCII"),
    "unknown table": (HEAD + "[wtch]\n", 7, "wtch", 'did you mean "watch"?'),
    "unknown key": (WATCH + "treshold = 1\n", 10, "watch[1].treshold", 'did you mean "threshold"?'),
    "unknown key far from any": (WATCH + "zzz = 1\n", 10, "watch[1].zzz", "known: category, claims, critical_always"),
    "nothing to watch": (HEAD + "[[watch]]\n", 7, "watch[1]", 'names no page; write title = "…", or one of category'),
    "two things to watch": (WATCH + 'category = "Tides"\n', 7, "watch[1]", "names title and category; write one"),
    "a list's key": (WATCH + "depth = 2\n", 7, "watch[1]", "has depth, which is for lists of pages; take it out"),
    "a section of no page": (HEAD + '[[watch]]\ncategory = "A"\nsection = "B"\n', 7, "watch[1]", "of `links`; take it"),
    "a list twice": (HEAD + 2 * '[[watch]]\ncategory = "Tides"\n', 10, "watch[2].category", "is listed twice"),
    "a date that is none": (WATCH + 'expires = "tomorrow"\n', 10, "watch[1].expires", 'write for example "2027-01-31"'),
    "a depth that is none": (HEAD + '[[watch]]\ncategory = "A"\ndepth = "2"\n', 9, "watch[1].depth", "whole number"),
    "own watchlist without login": (HEAD + '[[watch]]\nwatchlist = "own"\n', 8, "watch[1].watchlist", "has none; add"),
    "watchlist without token": (HEAD + '[[watch]]\nwatchlist = "Ann"\n', 7, "watch[1]", "needs a token"),
    "list on another host": (HEAD + '[[watch]]\nurl = "https://a.example/1"\n', 8, "watch[1].url", "is not in allowed"),
    "half a login": (HEAD + 'username = "Ann@w"\n', 4, "wiki[1]", "has half a login; write username"),
    "two logins": (HEAD + 'oauth_token = "a"\nbasic_auth = "a:b"\n', 4, "wiki[1]", "keep one of them"),
    "filter of nothing": (WATCH + "ignore = {}\n", 10, "watch[1].ignore", "matches no edit; write for example"),
    "filter that is no table": (WATCH + "only = true\n", 10, "watch[1].only", "{ bots = true }"),
    "unknown key of a filter": (WATCH + "ignore = { editers = ['A'] }\n", 10, "watch[1].ignore.editers", '"editors"?'),
    "unknown account": (WATCH + "only = { accounts = ['nwe'] }\n", 10, "watch[1].only.accounts[1]", 'mean "new"?'),
    "filter of a destination": (
        HEAD + "[[destination]]\nname = 'a'\nurl = 'json://a.org'\nonly = { bots = 1 }\n",
        10,
        "destination[1].only.bots",
        "true or false",
    ),
    "threshold without a limit": (WATCH + STATISTIC, 10, "watch[1].statistic[1]", "add low, high or change"),
    "threshold without a label": (
        WATCH + "[[watch.statistic]]\nlow = 3\n",
        10,
        "watch[1].statistic[1].label",
        "is missing; add",
    ),
    "threshold that is no number": (
        WATCH + STATISTIC + "low = 'many'\n",
        12,
        "watch[1].statistic[1].low",
        '"20 million"',
    ),
    "threshold of true": (WATCH + STATISTIC + "high = true\n", 12, "watch[1].statistic[1].high", "is no number"),
    "threshold that is no share": (WATCH + STATISTIC + "change = 0.1\n", 12, "watch[1].statistic[1].change", '"10 %"'),
    "threshold of no change": (
        WATCH + STATISTIC + "change = '0 %'\n",
        12,
        "watch[1].statistic[1].change",
        "is no share",
    ),
    "threshold upside down": (WATCH + STATISTIC + "low = 3\nhigh = 2\n", 10, "watch[1].statistic[1]", "exchange them"),
    "threshold with one bracket": (
        WATCH + "[watch.statistic]\nlabel = 'x'\n",
        10,
        "watch[1].statistic",
        "[[watch.statistic]]",
    ),
    "one bracket": (HEAD + '[watch]\ntitle = "A"\n', 7, "watch", "[[watch]]"),
    "two brackets": ('[[watcher]]\ncontact = "a@b.c"\n', 1, "watcher", "[watcher]"),
    "text for number": (WATCH + "critical_bypass = 'yes'\n", 10, "watch[1].critical_bypass", "true or false"),
    "number for text": (HEAD + "[[watch]]\ntitle = 5\n", 8, "watch[1].title", "text in quotes"),
    "text for list": (WATCH + 'claims = "x"\n', 10, "watch[1].claims", "must be a list"),
    "empty claim": (WATCH + 'claims = [\n "x",\n " ",\n]\n', 12, "watch[1].claims[2]", "is empty"),
    "severity": (WATCH + 'threshold = "hihg"\n', 10, "watch[1].threshold", 'did you mean "high"?'),
    "severity as number": (WATCH + "threshold = 3\n", 10, "watch[1].threshold", "info, low, medium"),
    "duration in words": (WATCH + 'settle = "soon"\n', 10, "watch[1].settle", '"10m"'),
    "negative duration": (WATCH + "settle = -5\n", 10, "watch[1].settle", '"10m"'),
    "duration as truth": (WATCH + "settle = true\n", 10, "watch[1].settle", '"10m"'),
    "endless duration": (WATCH + 'settle = "500d"\n', 10, "watch[1].settle", "longer than a year"),
    "hasty interval": (WATCH + 'every = "1s"\n', 10, "watch[1].every", "shorter than 10 seconds"),
    "unknown wiki": (WATCH.replace('wiki = "w"', 'wiki = "v"'), 8, "watch[1].wiki", 'no [[wiki]] is named "v"'),
    "no wiki at all": ('[watcher]\ncontact = "a@b.c"\n[[watch]]\ntitle = "A"\n', 3, "watch[1].wiki", "is missing"),
    "host not allowed": (HEAD.replace("wiki.example.org/", "evil.example/"), 6, "wiki[1].api", "not in allowed_hosts"),
    "host by its look": (HEAD.replace("https://wiki", "https://x@wiki"), 6, "wiki[1].api", "user name"),
    "api in clear": (HEAD.replace("https://", "http://"), 6, "wiki[1].api", "not encrypted"),
    "api without scheme": (HEAD.replace("https://", "//"), 6, "wiki[1].api", "https://"),
    "api of another scheme": (HEAD.replace("https://", "file://"), 6, "wiki[1].api", "https://"),
    "allowed address": (HEAD.replace('["wiki', '["https://wiki'), 3, "watcher.allowed_hosts[1]", "a host alone"),
    "wiki name as path": (HEAD.replace('"w"', '"../w"'), 5, "wiki[1].name", "letters"),
    "language": (HEAD + 'language = "EN"\n', 7, "wiki[1].language", "lower case"),
    "name of a language": (HEAD + 'language = "english"\n', 7, "wiki[1].language", "language code"),
    "empty title": (WATCH.replace("Tide", " _ "), 9, "watch[1].title", "is empty"),
    "title with bracket": (WATCH.replace("Tide", "Ti[de"), 9, "watch[1].title", "'['"),
    "title with section": (WATCH.replace("Tide", "Tide#Cause"), 9, "watch[1].title", "'#'"),
    "title as address": (WATCH.replace("Tide", "https://x.org/wiki/Tide"), 9, "watch[1].title", "title alone"),
    "title that climbs": (WATCH.replace("Tide", "../Tide"), 9, "watch[1].title", "no page title"),
    "title too long": (WATCH.replace("Tide", "ä" * 128), 9, "watch[1].title", "255 bytes"),
    "same title": (WATCH + '[[watch]]\nwiki = "w"\ntitle = "tide"\n', 12, "watch[2].title", "is listed twice"),
    "same wiki": (HEAD + HEAD.partition("[[")[1] + HEAD.partition("[[")[2], 8, "wiki[2].name", "is listed twice"),
    "same destination": (DESTINATION + DESTINATION[len(HEAD) :], 11, "destination[2].name", "is listed twice"),
    "unknown destination": (WATCH + 'destinations = ["team"]\n', 10, "watch[1].destinations[1]", "[[destination]]"),
    "unknown article": (DESTINATION + 'articles = ["X"]\n', 10, "destination[1].articles[1]", "[[watch]]"),
    "unknown tag": (DESTINATION + 'tags = ["x"]\n', 10, "destination[1].tags[1]", "[[watch]]"),
    "unknown kind": (DESTINATION + 'kinds = ["statistics"]\n', 10, "destination[1].kinds[1]", "did you mean"),
    "digest": (DESTINATION + 'digest = "hourly"\n', 10, "destination[1].digest", 'write "daily 08:00"'),
    "digest at night": (
        DESTINATION + 'quiet = "22:00-07:00"\ndigest = "daily 06:00"\n',
        11,
        "destination[1].digest",
        "06:00 is in the quiet hours",
    ),
    "quiet hours": (DESTINATION + 'quiet = "nights"\n', 10, "destination[1].quiet", "22:00-07:00"),
    "time zone": (DESTINATION + 'timezone = "Mars"\n', 10, "destination[1].timezone", "Europe/Berlin"),
    "operator": (DESTINATION + 'operator = "yes"\n', 10, "destination[1].operator", "true or false"),
    "misspelt digest": (DESTINATION + 'digests = "daily 08:00"\n', 10, "destination[1].digests", 'mean "digest"'),
    "notification URL": (DESTINATION.replace("json://", "json:"), 9, "destination[1].url", "no Apprise URL"),
    "database": (HEAD.replace("[[", 'database = "mysql://h/d"\n[[', 1), 4, "watcher.database", "sqlite:///"),
    "database without file": (HEAD.replace("[[", 'database = "sqlite://"\n[[', 1), 4, "watcher.database", "sqlite:///"),
    "payload": (DESTINATION + 'payload = "xml"\n', 10, "destination[1].payload", '"text" or "json"'),
    "payload of a service": (
        DESTINATION.replace("json://127.0.0.1:9/", "ntfy://topic") + 'payload = "json"\n',
        10,
        "destination[1].payload",
        "json://, jsons:// and file:// only",
    ),
    "secret of a text": (DESTINATION + f'secret = "{"x" * 16}"\n', 10, "destination[1].secret", 'payload = "json"'),
    "secret of a file": (
        DESTINATION.replace("json://127.0.0.1:9/", "file:///var/log/x") + f'payload = "json"\nsecret = "{"x" * 16}"\n',
        11,
        "destination[1].secret",
        "signs JSON payloads only",
    ),
    "short secret": (DESTINATION + 'payload = "json"\nsecret = "x"\n', 11, "destination[1].secret", "16 bytes"),
    "short secret in base64": (
        DESTINATION + 'payload = "json"\nsecret = "whsec_AAAAAAAAAAAAAAAA"\n',
        11,
        "destination[1].secret",
        "16 bytes",
    ),
    "torn secret": (DESTINATION + 'payload = "json"\nsecret = "whsec_A"\n', 11, "destination[1].secret", "not base64"),
    "variable not set": (
        DESTINATION.replace("json://127.0.0.1:9/", "env:TEAM"),
        9,
        "destination[1].url",
        "TEAM is not",
    ),
    "variable without name": (DESTINATION.replace("json://127.0.0.1:9/", "env:"), 9, "destination[1].url", "env:NAME"),
}


@for_each("case", WRONG)
def test_a_mistake_is_one_line_with_file_line_key_and_next_step(mistakes: Callable[..., list[str]], case: str):
    text, line, key, written = WRONG[case]
    (row,) = mistakes(text)
    assert row.startswith(f"watchlist.toml:{line}: {key}: ")
    assert written in row


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(mistakes: Callable[..., list[str]]):
    rows = mistakes(WATCH + 'settle = "x"\nevery = "y"\n[[destination]]\nname = ""\nurl = "json://127.0.0.1:9"\n')
    assert [row.split(": ")[1] for row in rows] == ["watch[1].settle", "watch[1].every", "destination[1].name"]


def test_a_flood_of_mistakes_is_cut_after_twenty(mistakes: Callable[..., list[str]]):
    rows = mistakes(HEAD + '[[watch]]\ntitle = ""\n' * 30)
    assert len(rows) == 21
    assert rows[-1] == "watchlist.toml: and 10 more mistakes; mend these first"


def test_the_same_mistake_is_reported_once():
    problems = [ConfigProblem(path=("a",), text="wrong")] * 3
    assert format_problems("f.toml", problems, {("a",): 1}) == "f.toml:1: a: wrong"


def test_a_url_that_apprise_cannot_use_is_a_mistake(mistakes: Callable[..., list[str]]):
    (row,) = mistakes(DESTINATION, url_problem=lambda url: f"cannot be {len(url)}")
    assert row == "watchlist.toml:9: destination[1].url: cannot be 19"


def test_a_file_with_byte_order_mark_and_windows_line_ends_is_read(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WATCH.replace("\n", "\r\n").encode())
    assert [watch.title for watch in load(path, environ={}).watches] == ["Tide"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such file; write one with `watcher init`"),
        (b"[watcher]\n# \xff\n", "watchlist.toml:2: not UTF-8"),
        (b"#" * 4_000_001, "larger than 4 MB"),
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


def test_a_folder_is_no_watchlist(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, environ={})


SECRETS = ("hunter2", "T0KEN")


@pytest.mark.parametrize(
    "text",
    [
        HEAD.replace("[[", 'database = "mysql://u:hunter2@h/d"\n[[', 1),
        HEAD.replace("[[", 'database = ["postgresql://u:hunter2@h/d"]\n[[', 1),
        DESTINATION.replace("json://127.0.0.1:9/", "jsn:T0KEN"),
        DESTINATION.replace("json://127.0.0.1:9/", "nope://u:hunter2@h/T0KEN"),
        HEAD.replace("https://wiki", "https://u:hunter2@wiki"),
        DESTINATION.replace('"json://127.0.0.1:9/"', "json://hunter2"),
    ],
)
def test_no_error_repeats_a_secret(mistakes: Callable[..., list[str]], text: str):
    written = "\n".join(mistakes(text, url_problem=lambda _url: "cannot be used"))
    assert not [secret for secret in SECRETS if secret in written]


def test_a_destination_for_programs_has_its_secret_from_the_environment(listed: Callable[..., Watchlist]):
    (webhook,) = listed(DESTINATION + 'payload = "json"\nsecret = "env:KEY"\n', KEY=f" {'T0KEN' * 4}\n").destinations
    (file,) = listed(DESTINATION.replace("json://127.0.0.1:9/", "file:///var/log/alerts.jsonl")).destinations
    (text,) = listed(DESTINATION).destinations
    assert [each.takes_json for each in (webhook, file, text)] == [True, True, False]
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == "T0KEN" * 4
    assert "T0KEN" not in repr(webhook)


def test_a_loaded_watchlist_shows_no_secret(listed: Callable[..., Watchlist]):
    text = DESTINATION.replace("json://127.0.0.1:9/", "env:TEAM").replace("[[", 'database = "env:DB"\n[[', 1)
    watchlist = listed(text, TEAM="json://h/T0KEN", DB="postgresql://u:hunter2@h/d")
    assert not [secret for secret in SECRETS if secret in f"{watchlist!r} {watchlist} {watchlist.destinations[0]}"]


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "watchlist.toml").write_text(WATCH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load(Path("watchlist.toml"), environ={}).reports == tmp_path / "reports"


def test_when_a_destination_gets_messages_is_read(listed: Callable[..., Watchlist]):
    settings = 'digest = "weekly mon 08:00"\nquiet = "22:00-07:00"\ntimezone = "Europe/Berlin"\n'
    (destination,) = listed(DESTINATION + settings + "critical_bypass = true\noperator = false\n").destinations
    assert destination.digest == Digest(at=time(8), weekday=0)
    assert destination.quiet == QuietHours(start=time(22), end=time(7))
    assert (destination.timezone, destination.critical_bypass, destination.operator) == ("Europe/Berlin", True, False)


def test_the_folder_of_templates_stands_beside_the_watchlist(listed: Callable[..., Watchlist], tmp_path: Path):
    assert listed(HEAD).templates is None
    assert listed(HEAD.replace("[watcher]", '[watcher]\ntemplates = "words"')).templates == tmp_path / "words"


def test_proxies_are_named_by_address_or_network(listed: Callable[..., Watchlist]):
    assert listed(HEAD).trusted_proxies == ()
    named = listed(HEAD.replace("[watcher]", '[watcher]\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/8", "::1"]'))
    assert named.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "::1")


def test_hosts_of_sources_are_named_with_their_ports(listed: Callable[..., Watchlist]):
    named = listed(HEAD.replace("[watcher]", '[watcher]\nsource_hosts = ["Reports.example.org:8443", "[::1]:80"]'))
    assert named.source_hosts == ("reports.example.org:8443", "[::1]:80")
    with pytest.raises(ConfigError, match=r"watchlist\.toml:\d+: watcher\.source_hosts\[1\]: needs a port"):
        listed(HEAD.replace("[watcher]", '[watcher]\nsource_hosts = ["reports.example.org"]'))


@pytest.mark.parametrize("wrong", ["*", "localhost", "10.0.0.1/8", "0.0.0.0/0", "::/0", "", "127.0.0.1:80"])
def test_what_is_no_address_of_a_proxy_is_refused_with_its_line(listed: Callable[..., Watchlist], wrong: str):
    with pytest.raises(ConfigError, match=r"watchlist\.toml:\d+: watcher\.trusted_proxies"):
        listed(HEAD.replace("[watcher]", f'[watcher]\ntrusted_proxies = ["{wrong}"]'))
