"""Test that a payload has what the schema promises, is signed and written once, and shows no secret."""

import base64
import fcntl
import hmac
import json
import os
import re
import resource
import signal
import stat
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cases import for_each
from tests.ports import free_port
from tests.simulators import ReceivedRequest, WebhookReceiver
from tests.watcher.notify.test_messages import DIFF, NEW, NOTICE, REPORT, a_revision, an_alert
from watcher.errors import DeliveryError
from watcher.model import Alert, AlertTopic, Kind, Notice, Severity
from watcher.model.changes import Cited
from watcher.model.vocabulary import OperatorEvent
from watcher.notify import MessageRenderer, Receiver, send, url_problem
from watcher.notify.payload import SCHEMA_VERSION, compose_payload, payload_message

FILE = Path(__file__).resolve().parents[3] / f"watcher/notify/schema/alert-{SCHEMA_VERSION}.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The schema without room for fields that it does not describe."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {name: item if name == "examples" else closed(item) for name, item in schema.items()} | more


CLOSED = closed(SCHEMA)
FINDING = replace(
    NOTICE,
    edits=(a_revision(1234567891),),
    diff_url=DIFF,
    old_text="21 million people",
    new_text="25 million people",
    old_value="21000000",
    new_value="25000000",
    explanations=("the cited source is the same",),
    sources=(Cited(label="Survey", url="https://survey.example.org/", status="kept"),),
    review_url=f"{REPORT}?finding=1",
)


def validate(content: Any) -> None:
    """Raise ValidationError for what is no payload, or has an undescribed field."""
    Draft202012Validator(CLOSED, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(content)


def content_of(*alerts: Alert, key: str = "k1-team") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(compose_payload(alerts, key))
    validate(content)
    return content


def test_the_schema_is_one_and_its_examples_are_payloads():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION
    for example in SCHEMA["examples"]:
        validate(example)


@for_each("damage")
def test_what_is_no_payload_does_not_pass(damage: dict[str, Any]):
    assert not Draft202012Validator(CLOSED).is_valid(SCHEMA["examples"][0] | damage)


def test_the_schema_names_all_topics():
    topics = [topic.value for topic in AlertTopic]
    assert SCHEMA["$defs"]["alert"]["properties"]["topic"]["enum"] == topics
    assert SCHEMA["properties"]["topic"]["enum"] == [*topics, "digest"]
    assert SCHEMA["$defs"]["severity"]["enum"] == [severity.label for severity in Severity]


@for_each("topic", list(AlertTopic))
def test_an_alert_of_every_topic_makes_a_payload(topic: AlertTopic):
    content = content_of(replace(an_alert(FINDING), topic=topic))
    assert (content["topic"], content["alerts"][0]["topic"]) == (topic.value, topic.value)


@for_each("kind", [*Kind, *OperatorEvent])
def test_a_finding_of_every_kind_makes_a_payload(kind: Kind | OperatorEvent):
    content = content_of(an_alert(Notice(kind=kind, severity=Severity.LOW, section=(), summary="s")))
    (finding,) = content["alerts"][0]["findings"]
    assert (finding["kind"], finding["old"], finding["edits"]) == (kind.value, None, [])


def test_a_finding_has_its_values_sentences_edit_and_links():
    alert = replace(an_alert(FINDING), thread="k0-team")
    (result,) = content_of(alert)["alerts"]
    edit = {
        "id": 1234567891, "parent_id": 1234567890, "at": "2026-03-04T06:06:00+01:00", "editor": "Marian",
        "account": "registered", "comment": "new number", "tags": [], "minor": False, "bot": None,
    }  # fmt: skip
    assert result["findings"] == [
        {
            "kind": "statistic.changed",
            "severity": "high",
            "reasons": ["source-unchanged", "as-of-unchanged"],
            "section": [],
            "summary": "21 million → 25 million people (+19 %), same source, same year",
            "old": {"text": "21 million people", "value": "21000000", "sentence": NOTICE.old_sentence},
            "new": {"text": "25 million people", "value": "25000000", "sentence": NEW},
            "edits": [edit],
            "explanations": ["the cited source is the same"],
            "sources": [
                {"label": "Survey", "url": "https://survey.example.org/", "archive_url": None, "status": "kept"}
            ],
            "diff_url": DIFF,
            "finding_url": f"{REPORT}?finding=1",
        }
    ]
    assert (result["after"], result["diff_url"], result["report_url"]) == (edit, DIFF, REPORT)
    assert (result["key"], result["follows"]) == (alert.key, "k0-team")


def test_several_alerts_are_a_digest_with_the_most_severe_first():
    low = an_alert(replace(FINDING, severity=Severity.LOW), title="Ebb")
    content = content_of(low, an_alert(FINDING))
    assert (content["topic"], content["severity"]) == ("digest", "high")
    assert [alert["article"]["title"] for alert in content["alerts"]] == ["Human trafficking", "Ebb"]


def test_text_of_the_wiki_is_exact_and_cannot_steer_a_terminal_or_break_the_line():
    evil = "@everyone \x1b[2J <script>\n\u2028\u202e\ud800 12 \x85 漢"
    body = compose_payload([an_alert(replace(FINDING, summary=evil, new_sentence=evil), title=evil)], "k1")
    assert body.isascii()
    assert body.isprintable()
    content = json.loads(body)
    validate(content)
    assert content["alerts"][0]["findings"][0]["new"]["sentence"] == evil
    assert content["alerts"][0]["article"]["title"] == evil


def test_an_enormous_alert_is_cut_and_says_by_how_much():
    huge = replace(FINDING, new_sentence="word " * 100_000)
    body = compose_payload([replace(an_alert(*[huge] * 600), not_listed=7)], "k1")
    (alert,) = json.loads(body)["alerts"]
    assert (len(alert["findings"]), alert["not_listed"]) == (500, 107)
    assert len(body) < 5_000_000


def test_a_digest_of_many_alerts_is_divided_so_that_no_payload_is_over_a_megabyte():
    left, parts = [an_alert(*[FINDING] * 20, title=f"Article {n}") for n in range(150)], []
    while left:
        part = MessageRenderer(None).alerts_that_fit(left, Receiver("jsons://example.org/", json=True))
        parts.append(len(compose_payload(part, "k1-team")))
        left = left[len(part) :]
    assert len(parts) > 1
    assert max(parts) <= 1_000_100


ROOT = Path(__file__).resolve().parents[3]
SECRET = "whsec_" + base64.b64encode(b"S3CR3T-of-32-random-bytes-or-so.").decode()
MESSAGE = payload_message([an_alert(NOTICE)], "k1-team")


def accepts(request: ReceivedRequest, secret: str = SECRET, *, body: bytes | None = None) -> bool:
    """Whether a receiver that was written by the specification of Standard Webhooks takes a request."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{request.header('webhook-id')}.{request.header('webhook-timestamp')}.".encode()
    digest = hmac.digest(key, signed + (request.body if body is None else body), "sha256")
    expected = f"v1,{base64.b64encode(digest).decode()}"
    return any(hmac.compare_digest(expected, each) for each in (request.header("webhook-signature") or "").split())


def failure(url: str, *, timeout: float = 5, secret: str = "") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(MESSAGE, url, "k1-team", secret=secret, timeout=timeout)
    return caught.value


def posted(box: WebhookReceiver, url: str = "", secret: str = SECRET) -> ReceivedRequest:
    send(MESSAGE, url or box.url, "k1-team", secret=secret)
    return box.requests[-1]


def test_a_receiver_that_knows_the_secret_takes_the_payload_and_no_changed_byte(box: WebhookReceiver):
    request = posted(box)
    assert accepts(request)
    assert not any(
        accepts(request, body=request.body[:at] + bytes([request.body[at] ^ 1]) + request.body[at + 1 :])
        for at in range(len(request.body))
    )
    assert not accepts(request, "whsec_" + base64.b64encode(b"another secret of some bytes").decode())
    for header in ("webhook-id", "webhook-timestamp"):
        headers = tuple((name, value + "1" if name == header else value) for name, value in request.headers)
        assert not accepts(replace(request, headers=headers))
    validate(request.json)
    assert request.json["key"] == request.header("webhook-id") == request.header("X-Idempotency-Key") == "k1-team"
    assert request.header("Content-Type") == "application/json"


def test_the_receiver_in_the_documentation_checks_signatures(box: WebhookReceiver):
    page = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    request = posted(box)
    names: dict[str, object] = {}
    exec(code, names)
    headers, now = dict(request.headers), float(request.header("webhook-timestamp") or 0)
    verified = names["verified"]
    assert callable(verified)
    assert verified(SECRET, headers, request.body, now)
    assert not verified(SECRET, headers, request.body + b" ", now)
    assert not verified(SECRET, headers, request.body, now + 3_600)
    assert not verified(SECRET, {**headers, "webhook-signature": ""}, request.body, now)


def test_a_secret_without_prefix_is_its_own_characters_and_without_one_nothing_is_signed(box: WebhookReceiver):
    request = posted(box, secret="sixteen letters ü")
    assert accepts(request, base64.b64encode("sixteen letters ü".encode()).decode())
    request = posted(box, secret="")
    assert (request.header("webhook-signature"), request.header("webhook-id")) == (None, "k1-team")


def test_what_the_url_asks_for_is_sent_too(box: WebhookReceiver):
    request = posted(box, f"json://me:pa%3Ass@127.0.0.1:{box.port}/in?+Authorization2=Bearer%20x&-q=1&+webhook-ID=z")
    assert request.path == "/in?q=1"
    assert request.header("Authorization") == "Basic " + base64.b64encode(b"me:pa:ss").decode()
    assert request.header("Authorization2") == "Bearer x"
    assert [value for name, value in request.headers if name == "webhook-id"] == ["k1-team"]


@for_each(("answer", "permanent", "wait", "expected"))
def test_an_answer_shows_whether_and_when_to_try_again(answer: str, permanent: object, wait: int, expected: str):
    with WebhookReceiver([answer]) as box:
        error = failure(box.url, timeout=0.3 if answer == "hang" else 60)
        assert (error.permanent, error.retry_after, expected in str(error)) == (permanent, wait or None, True)
        assert box.wait_for(1, 60)
        assert [request.path for request in box.requests] == ["/inbox"]


def test_a_closed_port_is_tried_again_and_a_header_that_cannot_be_sent_is_a_permanent_error(box: WebhookReceiver):
    error = failure(f"json://127.0.0.1:{free_port()}/")
    assert (error.permanent, "no connection" in str(error)) == (False, True)
    assert failure(f"{box.url}?+X-Name=a%0D%0AX-Evil:1").permanent
    assert box.requests == ()


def test_a_payload_passes_through_the_process_that_sends(box: WebhookReceiver):
    receiver = Receiver(box.url, json=True, secret=SECRET)
    MessageRenderer(None).notify([an_alert(NOTICE)], receiver, "k1-team")
    MessageRenderer(None).notify([an_alert(NOTICE)] * 2, receiver, "k2-team")
    requests = box.requests
    assert [request.json["topic"] for request in requests] == ["change", "digest"]
    assert [request.header("webhook-id") for request in requests] == ["k1-team", "k2-team"]
    assert all(accepts(request) for request in requests)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_a_file_gets_a_line_for_each_message_and_is_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "ale rts.jsonl"
    receiver = Receiver(f"file://{tmp_path}/ale%20rts.jsonl", json=True)
    MessageRenderer(None).notify([an_alert(NOTICE)], receiver, "k1-log")
    MessageRenderer(None).notify([an_alert(NOTICE)] * 2, receiver, "k2-log")
    assert [line["key"] for line in lines(path)] == ["k1-log", "k2-log"]
    for line in lines(path):
        validate(line)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_keeps_its_lines_and_its_mode(tmp_path: Path):
    path = tmp_path / "log"
    path.write_text('{"key": "k0"}\n{"torn": ', encoding="ascii")
    path.chmod(0o640)
    send(MESSAGE, f"file://{path}", "k1")
    first, torn, last, end = path.read_text(encoding="ascii").split("\n")
    assert (first, torn, json.loads(last)["key"], end) == ('{"key": "k0"}', '{"torn": ', "k1-team", "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def in_a_fork(work: Callable[[], object]) -> int:
    """Start a process that does this alone; its id."""
    with warnings.catch_warnings():  # of threads, none of which the child needs
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001  no test goes on in the child
        os._exit(1)
    os._exit(0)


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_lines_of_several_processes_do_not_mix(tmp_path: Path):
    def write() -> None:
        for _ in range(50):
            send(MESSAGE, f"file://{path}", "k1")

    path = tmp_path / "log"
    writers = [in_a_fork(write) for _ in range(3)]
    assert [exit_code(writer) for writer in writers] == [0, 0, 0]
    assert [line["key"] for line in lines(path)] == ["k1-team"] * 150


def test_a_renamed_file_is_begun_again(tmp_path: Path):
    path = tmp_path / "log"
    send(MESSAGE, f"file://{path}", "k1")
    path.rename(tmp_path / "log.1")
    send(MESSAGE, f"file://{path}", "k1")
    assert len(lines(path)) == len(lines(tmp_path / "log.1")) == 1


def test_a_file_is_not_written_through_a_symbolic_link(tmp_path: Path):
    (tmp_path / "other").write_text("kept", encoding="ascii")
    (tmp_path / "log").symlink_to(tmp_path / "other")
    error = failure(f"file://{tmp_path}/log")
    assert (tmp_path / "other").read_text(encoding="ascii") == "kept"
    assert str(tmp_path) not in f"{error} {error.__context__!r}" or error.__suppress_context__


@for_each("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_not_written(kind: str, tmp_path: Path):
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/null")
    assert str(failure(f"file://{path}")).startswith("file: ")


def test_a_folder_that_is_not_there_is_an_error_of_one_line_that_is_tried_again(tmp_path: Path):
    error = failure(f"file://{tmp_path}/none/log")
    assert str(error) == (
        "file: cannot be written (No such file or directory); create its folder and let this program write it"
    )
    assert not error.permanent


def test_a_line_waits_for_the_end_of_the_line_of_another_process(tmp_path: Path):
    path = tmp_path / "log"
    with path.open("w", encoding="ascii") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        print("{", end="", file=other, flush=True)
        sending = threading.Thread(target=send, args=(MESSAGE, f"file://{path}", "k1"))
        sending.start()
        sending.join(0.2)  # without the lock it ends in this time
        print("}", file=other)
    sending.join()
    assert [type(json.loads(line)) for line in path.read_text(encoding="ascii").splitlines()] == [dict, dict]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path):
    def write() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
        with pytest.raises(DeliveryError, match="file: the disk is full; free some of it"):
            send(MESSAGE, f"file://{path}", "k1")

    path = tmp_path / "log"
    assert exit_code(in_a_fork(write)) == 0
    send(MESSAGE, f"file://{path}", "k1")
    assert json.loads(path.read_text(encoding="ascii"))["key"] == "k1-team"


@for_each("url")
def test_a_url_that_names_no_file_by_its_absolute_path_is_refused(url: str):
    assert url_problem(url)
    assert failure(url).permanent
