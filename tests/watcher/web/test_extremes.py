"""Test extreme values in requests: each is refused or answered, never a server error."""

from urllib.parse import quote

import pytest

from snapshots import Archive
from tests.cases import table
from tests.watcher.web.conftest import Visit, WebClient
from watcher.web.auth.access import route_permissions

HUGE = ("0", "-1", str(2**63), str(10**30), "9" * 5000, "1e400", "NaN", "٣", "1_0")
TIMES: list[str] = table(__file__, "times")
TEXTS = ("a\0b", "\udc80", "[", "%", "x" * 300_000, "\u202e\ufffe")
NESTED = (b"[" * 100_000, b'{"a":' * 40_000, b'{"ids":' + b"[" * 50_000)


def page(visit: Visit) -> WebClient:
    client = visit("one", "two")
    return WebClient(
        client.app,
        base_url="http://127.0.0.1:8080",
        follow_redirects=False,
        raise_server_exceptions=False,
        headers=client.headers,
        cookies=client.cookies,
    )


def encoded(**fields: str) -> bytes:
    return "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields.items()).encode()


FORM = {"content-type": "application/x-www-form-urlencoded"}
FORMS = [
    *(("/decide", {"ids": number, "decision": "correct"}) for number in HUGE),
    *(("/undo", {"batch": number, "finding": number}) for number in HUGE),
    *(("/seen", {"until": at, "back": "http://["}) for at in TIMES),
    *((path, {name: text}) for path in ("/decide", "/finding/1") for name in ("decision", "reason") for text in TEXTS),
    *(("/finding/1", {"decision": "note", "note": text}) for text in TEXTS),
    *(("/finding/1", {"decision": "assign", "assignee": text}) for text in TEXTS),
    *(("/finding/1/mute", {"words": text, "until": "week"}) for text in TEXTS),
    *(("/article/en/17/pin", {"sentence": text}) for text in TEXTS),
    *(("/watches/edit", {"wiki": "en", "title": "Harbours", "settle": text}) for text in (*TEXTS, "999999999w")),
    *(("/sign-in", {"name": text, "password": text, "next": text}) for text in TEXTS),
]


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_a_form_with_extreme_values_is_refused_or_understood(visit: Visit, step: int):
    client = page(visit)
    for path, fields in FORMS[::step]:
        answer = client.post(path, content=encoded(**fields), headers=FORM)
        assert answer.status_code < 500, (path, str(fields)[:100], answer.text)


ODD = (rb"\u0000", rb"\ud800")
WATCH = b'{"wiki":"en","title":"Harbours",'
BODIES = [
    *(("POST", "/decisions", b'{"decision":"acknowledge","ids":[%s]}' % number.encode()) for number in HUGE),
    *(("POST", "/mutes", b'{"words":"abc","until":"%s"}' % at.encode()) for at in TIMES),
    *(("POST", "/mutes", b'{"words":"abc","until":%s}' % number.encode()) for number in HUGE),
    *(("POST", "/mutes", b'{"words":"%s abc"}' % text) for text in (*ODD, b"\xff", b"\0")),
    *(("POST", "/findings/1/decisions", b'{"decision":"note","note":"%s abc"}' % text) for text in ODD),
    *(("PATCH", "/watches", WATCH + b'"%s":"999999999w"}' % name) for name in (b"settle", b"every")),
    *(("PATCH", "/watches", WATCH + b'"claims":["%s"]}' % text) for text in ODD),
    *(("POST", "/decisions", body) for body in NESTED),
]


def test_json_with_extreme_values_is_refused_as_a_problem(visit: Visit):
    client = page(visit)
    for method, path, body in BODIES:
        answer = client.request(method, f"/api/v1{path}", content=body, headers={"content-type": "application/json"})
        assert answer.status_code < 500, (path, body[:100], answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


EXTREMES = ("-1", str(2**63), str(10**30), "9" * 1000, "NaN", "٣", TIMES[0], "a\0b", "\udc80", "[", "%")


@pytest.mark.parametrize("step", [len(EXTREMES), pytest.param(1, marks=pytest.mark.slow)])
def test_every_part_of_every_address_may_be_extreme(visit: Visit, step: int):
    client = page(visit)
    rules = [rule for rule in route_permissions(client.app.routes) if "GET" in rule.methods]
    for number, rule in enumerate(rules):
        for value in () if rule.path == "/readyz" else EXTREMES[number % step :: step]:
            written = quote(value, safe="", errors="surrogatepass")
            query = "&".join(f"{name}={written}" for name in QUERY)
            for part in ["", *(name for name in USUAL if name in rule.path)]:
                address = rule.path
                for name, usual in USUAL.items():
                    address = address.replace(name, written if name == part else usual)
                answer = client.get(address if part else f"{address}?{query}")
                assert answer.status_code < 500, (address, answer.text)


USUAL = {"{wiki}": "en", "{page_id}": "17", "{number}": "1", "{old}": "1", "{new}": "2", "{name}": "x", "{key}": "x"}
QUERY = (
    *("state", "severity", "least", "kind", "article", "section", "editor", "assignee", "new", "q", "order", "after"),
    *("wiki", "page_id", "since", "comparison", "search", "limit", "statistic", "life", "done", "did", "next", "title"),
    *("queued", "focus", "words"),
)


HEADERS = [(name, value) for name, values in table(__file__, "headers").items() for value in values]
LONG = {
    "x-forwarded-for": "x" * 5000,
    "cookie": "x" * 9000,
    "range": f"bytes={'9' * 5000}-",
    "content-length": "9" * 5000,
}


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_no_header_is_a_fault_of_the_server(visit: Visit, step: int):
    """Each header is sent to each address, or in the short form to one of them, another for each header."""
    client = page(visit)
    addresses = (("GET", "/"), ("POST", "/decide"), ("GET", "/static/watcher.css"), ("GET", "/api/v1/me"))
    for number, (name, value) in enumerate([*HEADERS, *LONG.items()]):
        for method, path in addresses[number % step :: step]:
            answer = client.request(method, path, headers={name: value.encode("latin-1")})
            assert answer.status_code < 500, (path, name, value[:100], answer.text)


def test_no_method_is_a_fault_of_the_server(visit: Visit):
    client = page(visit)
    for method in ("TRACE", "CONNECT", "PROPFIND", "X" * 100):
        for path in ("/", "/healthz", "/api/v1/findings", "/finding/1"):
            assert client.request(method, path).status_code in (401, 403, 404, 405)


def test_a_null_character_reaches_no_database(visit: Visit, archive: Archive):
    client = page(visit)
    assert client.get("/?q=a%00b").status_code == 400
    assert client.get("/article/e%00n/17").status_code == 400
    assert client.post("/finding/1", content=b"decision=note&note=a%00b", headers=FORM).status_code == 400
    noted = client.post("/api/v1/findings/1/decisions", json={"decision": "note", "note": "a\0b"})
    assert noted.status_code == 422
    assert archive.reviews.events_of(1) == ()
