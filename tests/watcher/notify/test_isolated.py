"""Test that a delivery that never ends is stopped and fails, that the next one arrives, and what the child answers."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.hostile_servers import SOON, Behaviour, dripping, flooding, serving
from tests.simulators import WebhookReceiver
from tests.waiting import wait_until
from tests.watcher.notify.test_sender import MESSAGE
from watcher.errors import DeliveryError
from watcher.notify.isolated import Sender, attempt, serve

pytestmark = pytest.mark.waits

ROOT = Path(__file__).resolve().parents[3]
GROWTH = 64 << 20
PROCESS_SECONDS = 60.0  # s that another process may take on a busy machine
HTTP_OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def sender() -> Iterator[Sender]:
    made = Sender(growth=GROWTH)
    yield made
    made.close()


def failure(sender: Sender, url: str, *, timeout: float = 5, limit: float | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sender.send(MESSAGE, url, "k1", timeout=timeout, limit=limit)
    return caught.value


def pids(sender: Sender) -> list[int]:
    return [child.process.pid for child in sender._idle.queue]


def is_running(pid: int) -> bool:
    """Whether a process runs; a zombie counts as one."""
    return Path(f"/proc/{pid}").exists()


def until_gone(pid: int) -> bool:
    return wait_until(lambda: not is_running(pid))


def test_messages_arrive_through_one_process_in_bounded_memory_whose_arguments_have_no_address(
    box: WebhookReceiver, sender: Sender
):
    sender.send(MESSAGE, f"json://user:S3CR3T@127.0.0.1:{box.port}/S3CR3T", "k1")
    (pid,) = pids(sender)
    assert 0 < resource.prlimit(pid, resource.RLIMIT_AS)[1] < 4 << 30
    for name in ("cmdline", "environ"):
        assert b"S3CR3T" not in Path(f"/proc/{pid}/{name}").read_bytes()
    for number in (signal.SIGINT, signal.SIGTERM):  # to the whole group: a delivery that has begun goes on
        os.kill(pid, number)
    for number in range(9):
        sender.send(MESSAGE, box.url, f"k{number}")
    assert len(box.requests) == 10
    assert box.requests[0].header("X-Idempotency-Key") == "k1"
    assert pids(sender) == [pid]


def test_a_proxy_of_the_environment_is_not_the_way_to_this_machine(monkeypatch: pytest.MonkeyPatch):
    with WebhookReceiver() as proxy, WebhookReceiver() as box, closing(Sender()) as sender:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "wiki.example")
        for message in (MESSAGE, replace(MESSAGE, payload="{}")):
            sender.send(message, box.url, "k1")
        assert (len(box.requests), len(proxy.requests)) == (2, 0)


# Each wait of theirs has a limit, but there is no end of them; test_sender.py and those of fetch have more of these.
DRIPS: dict[str, tuple[str, Behaviour]] = {
    "a header": ("json", dripping(HTTP_OK + b"X-Long: ")),
    "a mail server's greeting": ("mailto", dripping(b"220-", b"x", greet=True)),
}


def url_of(scheme: str, port: int) -> str:
    mail = f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&smtp=127.0.0.1&mode=insecure"
    return mail if scheme == "mailto" else f"{scheme}://127.0.0.1:{port}/"


@pytest.mark.parametrize("what", DRIPS)
def test_a_delivery_that_a_receiver_keeps_busy_is_ended(box: WebhookReceiver, sender: Sender, what: str):
    scheme, behave = DRIPS[what]
    sender.send(MESSAGE, box.url, "k1")
    (pid,) = pids(sender)
    began = monotonic()
    with serving(behave) as port:
        error = failure(sender, url_of(scheme, port), timeout=PROCESS_SECONDS, limit=1.0)
    assert monotonic() - began < SOON
    assert str(error) == "the receiver kept the connection busy for more than 1 s; the delivery was ended"
    assert not error.permanent
    assert not is_running(pid)
    sender.send(MESSAGE, box.url, "k2")
    assert [letter.header("X-Idempotency-Key") for letter in box.requests] == ["k1", "k2"]


def test_a_mail_that_was_taken_is_sent_whatever_its_server_says_then(sender: Sender):
    def behave(guest: socket.socket) -> None:
        guest.sendall(b"220 hello\r\n")
        with guest.makefile("rb") as lines:
            for line in lines:
                command = line[:4].lower()
                if command == b"quit":
                    dripping(b"221-", greet=True)(guest)
                elif command in (b"ehlo", b"mail", b"rcpt", b"data", b".\r\n"):
                    guest.sendall(b"354 go on\r\n" if command == b"data" else b"250 fine\r\n")

    with serving(behave) as port:
        sender.send(MESSAGE, url_of("mailto", port), "k1", timeout=5, limit=5)


def test_a_process_that_takes_no_message_is_ended(sender: Sender):
    child = sender._take()
    sender._idle.put(child)
    os.kill(child.process.pid, signal.SIGSTOP)
    began = monotonic()
    with pytest.raises(DeliveryError, match="for more than 1 s; the delivery was ended"):
        sender.send(replace(MESSAGE, payload="x" * 4_000_000), "json://127.0.0.1:9/", "k1", limit=1.0)
    assert monotonic() - began < SOON
    assert not is_running(child.process.pid)


FLOODS: dict[str, tuple[str, Behaviour]] = {
    "a body": ("json", flooding(HTTP_OK + b"\r\n", b"x")),
    "a mail server's extensions": ("mailto", flooding(b"220 hello\r\n", b"250-%b\r\n" % (b"X" * 500), greet=True)),
}


def most_memory(who: int) -> int:
    """The largest memory so far of this process, or of any child that has ended, in kB."""
    return resource.getrusage(who).ru_maxrss


@pytest.mark.parametrize("what", FLOODS)
def test_a_receiver_that_says_more_than_the_memory_holds_fails_the_delivery_alone(sender: Sender, what: str):
    scheme, behave = FLOODS[what]
    began, before, known = monotonic(), most_memory(resource.RUSAGE_SELF), most_memory(resource.RUSAGE_CHILDREN)
    with serving(behave) as port:
        assert not failure(sender, url_of(scheme, port), timeout=5, limit=15).permanent
    assert monotonic() - began < 2 * SOON
    assert most_memory(resource.RUSAGE_SELF) - before < 50_000
    # A child's maximum begins with the memory of the process that forked it, and that of all children is one number:
    # after other tests in the same process only what exceeds them can be seen.
    assert most_memory(resource.RUSAGE_CHILDREN) < max(400_000, known + 1, before + 50_000)


def test_a_dead_process_is_not_used_although_nobody_has_waited_for_it_yet(
    box: WebhookReceiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
):
    sender.send(MESSAGE, box.url, "k1")
    (child,) = sender._idle.queue
    monkeypatch.setattr(child.process, "poll", lambda: None)
    child.process.kill()
    assert until_gone(child.process.pid)
    sender.send(MESSAGE, box.url, "k2")
    assert [letter.header("X-Idempotency-Key") for letter in box.requests] == ["k1", "k2"]


def test_a_process_that_dies_in_a_delivery_fails_it(sender: Sender):
    with WebhookReceiver(["hang"]) as box:
        child = sender._take()
        sender._idle.put(child)
        killer = threading.Thread(target=lambda: box.wait_for(1, PROCESS_SECONDS) and child.process.kill())
        killer.start()
        error = failure(sender, box.url, timeout=PROCESS_SECONDS)
        killer.join()
    assert "ended without a result" in str(error)
    assert pids(sender) == []


SENDING = """
import sys
from watcher.model import Severity
from watcher.notify.isolated import _SENDER, send_isolated
from watcher.notify.messages import Message
MESSAGE = Message(subject="s", text="t", markdown="t", html="t", mail="", short="t", severity=Severity.HIGH, key="k1")
child = _SENDER._take()
print(child.process.pid, flush=True)
_SENDER._idle.put(child)
send_isolated(MESSAGE, sys.argv[1], "k1")
"""


def test_nobody_goes_on_sending_when_the_parent_was_killed():
    with WebhookReceiver(["hang"]) as box:
        command = [sys.executable, "-c", SENDING, box.url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            assert box.wait_for(1, PROCESS_SECONDS)
            assert is_running(pid)
            parent.kill()
        assert until_gone(pid)


def test_the_end_of_a_program_is_the_end_of_its_deliveries(box: WebhookReceiver):
    done = subprocess.run(
        [sys.executable, "-c", SENDING, box.url], cwd=ROOT, capture_output=True, timeout=180, check=True
    )
    assert len(box.requests) == 1
    assert not is_running(int(done.stdout))
    assert done.stderr == b""


def a_request(url: str, **more: Any) -> dict[str, Any]:
    return {"message": asdict(MESSAGE), "url": url, "key": "k1", "secret": "", "timeout": 5.0, **more}


@contextmanager
def served(idle: float = 10.0) -> Iterator[tuple[Connection, threading.Thread]]:
    """The other end of a pipe that is served in a thread."""
    ours, other = Pipe()
    with ours, other:
        thread = threading.Thread(target=serve, args=(other, idle))
        thread.start()
        yield ours, thread
        ours.close()
        thread.join(180)
        assert not thread.is_alive()


def test_each_request_is_answered():
    with WebhookReceiver(["200", "429"]) as box, served() as (ours, _):
        assert json.loads(ours.recv_bytes()) == {}
        replies = []
        for _ in range(2):
            ours.send_bytes(json.dumps(a_request(box.url)).encode())
            replies.append(json.loads(ours.recv_bytes()))
    assert replies[0] == {}
    assert replies[1] == {"error": "JSON: answered 429", "permanent": False, "retry_after": 7, "spent": False}
    with served(idle=0.05) as (_, thread):  # without requests it ends by itself
        thread.join(180)
        assert not thread.is_alive()


def test_a_delivery_that_timed_out_or_failed_otherwise_may_have_left_something_behind():
    with WebhookReceiver(["hang"]) as box:
        assert attempt(a_request(box.url, timeout=0.2))["spent"] is True
    failed = {"error": "TypeError while sending", "spent": True}  # without its text
    assert attempt(a_request("json://127.0.0.1:9/S3CR3T", key=None)) == failed
