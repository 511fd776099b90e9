"""Test delivery to real receivers on loopback, by Apprise and by SMTP, and errors that say whether to retry."""

import json
import logging
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cases import for_each
from tests.hostile_servers import serving
from tests.ports import free_port
from tests.simulators import WebhookReceiver
from tests.smtp_server import PostOffice
from tests.watcher.notify.test_messages import NOTICE, an_alert
from watcher.errors import DeliveryError
from watcher.model import Severity
from watcher.notify import Message, Receiver, compose, send, url_problem
from watcher.notify.messages import TEXT_BYTES

MESSAGE = Message(
    subject="Tide: 1 → 2 (lead)",
    text="Tide\nlead: 1 → 2\nSource: Survey",
    markdown="**Tide**\n\n- lead: 1 → 2",
    html="<p><b>Tide</b></p><p>lead: 1 → 2 &lt;script&gt;</p>",
    mail="<html><body><b>Tide</b> lead: 1 → 2 &lt;script&gt;</body></html>",
    short="Tide: 1 → 2",
    severity=Severity.HIGH,
    key="k1",
)


def failure(url: str, timeout: float = 5) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(MESSAGE, url, MESSAGE.key, timeout=timeout)
    return caught.value


def test_a_webhook_gets_the_plain_text_with_subject_and_key(box: WebhookReceiver):
    send(MESSAGE, box.url, "k1:team")
    (letter,) = box.requests
    assert (letter.json["title"], letter.json["message"]) == (MESSAGE.subject, MESSAGE.text)
    assert (letter.json["type"], letter.json["attachments"]) == ("warning", [])
    assert letter.header("X-Idempotency-Key") == "k1:team"


def test_the_body_has_the_format_that_the_url_asks_for(box: WebhookReceiver):
    for form, body in (("html", MESSAGE.html), ("markdown", MESSAGE.markdown), ("text", MESSAGE.text)):
        send(MESSAGE, f"{box.url}?format={form}", "k1")
        assert box.requests[-1].json["message"] == body


def test_other_webhooks_carry_the_key_too_without_what_could_break_a_header(box: WebhookReceiver):
    for schema in ("json", "form", "xml"):
        send(MESSAGE, box.url.replace("json", schema), "k\r\nX-Evil: 1é")
        assert box.requests[-1].header("X-Idempotency-Key") == "kX-Evil:1"
        assert box.requests[-1].header("X-Evil") is None


def test_headers_of_the_url_are_sent(box: WebhookReceiver):
    send(MESSAGE, f"{box.url}?+Authorization=Bearer%20x", "k1")
    assert box.requests[0].header("Authorization") == "Bearer x"


@for_each(("answer", "permanent", "expected"))
def test_an_answer_shows_whether_to_try_again(answer: str, permanent: object, expected: str):
    with WebhookReceiver([answer]) as box:
        error = failure(box.url)
        assert (error.permanent, expected in str(error)) == (permanent, True)
        assert len(box.requests) == 1


@for_each("schema", ["json", "form", "xml", "ntfy", "gotify"])
def test_a_receiver_is_left_alone_as_long_as_it_asks(schema: str):
    with WebhookReceiver(["429"]) as box:
        assert failure(box.url.replace("json", schema)).retry_after == 7


@pytest.mark.parametrize("answer", ["hang", "late"])
def test_a_receiver_without_an_answer_is_left_after_the_timeout(answer: str):
    with WebhookReceiver([answer]) as box:
        error = failure(box.url, timeout=0.3)
        assert (error.permanent, "no answer within 0.3 s" in str(error)) == (False, True)


def test_a_redirect_is_not_followed_and_nothing_tried_again_even_when_the_url_asks_for_it():
    for answer, asked in (("302", "redirect=yes"), ("503", "retry=3")):
        with WebhookReceiver([answer]) as box:
            failure(f"{box.url}?{asked}")
            assert [letter.path for letter in box.requests] == ["/inbox"]


def test_a_closed_port_is_tried_again():
    error = failure(f"json://127.0.0.1:{free_port()}/")
    assert (error.permanent, "no connection" in str(error)) == (False, True)


@for_each("url")
def test_an_unusable_url_is_a_permanent_error(url: str):
    assert (failure(url).permanent, bool(url_problem(url))) == (True, True)


@for_each("url", ["json://127.0.0.1:9/x", "mailto://a@b.org?to=c@d.org", "ntfy://host/topic", "discord://1/x"])
def test_a_usable_url_is_known_without_asking_anybody(url: str):
    assert url_problem(url) is None


SECRET = "S3CR3T"  # planted, to be looked for


@pytest.mark.parametrize("answer", ["200", "404", "503", "302", "close", "hang"])
@pytest.mark.parametrize("message", [MESSAGE, replace(MESSAGE, payload="{}")], ids=["text", "payload"])
def test_no_log_and_no_error_shows_a_part_of_url_or_secret(
    message: Message, answer: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(1)
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(1)
    text, secret = "", SECRET * 5 if message.payload else ""
    with WebhookReceiver([answer]) as box:
        url = f"json://{SECRET}u:{SECRET}p@127.0.0.1:{box.port}/{SECRET}h?+Authorization={SECRET}a&-token={SECRET}q"
        try:
            send(message, url, "k1", secret=secret, timeout=0.3 if answer == "hang" else 60)
        except DeliveryError as error:
            text = f"{error!r} {error.__cause__!r} {error.__context__!r}"
        assert box.wait_for(1, 60)
        assert SECRET in box.requests[0].path
    receiver = Receiver(url, json=True, secret=secret)
    assert SECRET not in caplog.text + text + "".join(capfd.readouterr()) + repr(receiver)


@pytest.mark.parametrize("url", [f"nope://{SECRET}", f"json://{SECRET}:x@:99999999/", f"slack://{SECRET}"])
def test_an_unusable_url_is_not_shown(url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]):
    caplog.set_level(1)
    assert SECRET not in str(failure(url)) + caplog.text + "".join(capfd.readouterr())


def test_a_mail_has_text_and_html_subject_and_key(post: PostOffice):
    send(MESSAGE, post.url, "k1")
    (mail,) = post.mails
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert (mail["Subject"], mail["X-Idempotency-Key"]) == (MESSAGE.subject, "k1")
    assert (mail.get_all("Message-ID"), mail["References"]) == (["<k1@article-watcher.example.org>"], None)
    assert html is not None
    assert text is not None
    assert "<b>Tide</b>" in html.get_content()
    assert "&lt;script&gt;" in html.get_content()
    assert text.get_content().splitlines() == MESSAGE.text.splitlines()
    send(MESSAGE, post.address("to=a@example.org&format=text"), "k1")
    assert post.mails[1].get_content_type() == "text/plain"


def test_a_mail_server_that_says_nothing_is_left_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as muted:
        port = muted.getsockname()[1]
        error = failure(f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&smtp=127.0.0.1&mode=insecure", timeout=0.3)
    assert (error.permanent, "no answer within 0.3 s" in str(error)) == (False, True)


@for_each(("most_body", "most_title", "form", "body", "title"))
def test_a_service_gets_the_richest_body_that_it_takes(
    most_body: int, most_title: int, form: str, body: str, title: str
):
    from watcher.notify.sender import _fit_body

    plugin: Any = SimpleNamespace(body_maxlen=most_body, title_maxlen=most_title)
    message = replace(MESSAGE, compact_text="Tide: 1" if body == "compact_text" else "", shows_key=False)
    expected = (getattr(message, body), message.subject if title == "subject" else title)
    assert _fit_body(plugin, message, form, most_body)[:2] == expected


@for_each(("severity", "resolved", "expected"))
def test_the_type_of_a_notification_shows_how_bad_it_is(severity: str, *, resolved: bool, expected: str):
    with WebhookReceiver() as box:
        send(replace(MESSAGE, severity=Severity[severity.upper()], is_resolved=resolved), box.url, "k1")
        assert box.requests[0].json["type"] == expected


def test_where_no_header_carries_the_key_it_is_the_last_line_but_for_words_of_the_user(box: WebhookReceiver):
    for message in (MESSAGE, replace(MESSAGE, shows_key=False)):
        send(message, CHATS["gotify"](box.port), "k1-team")
    send(MESSAGE, box.url, "k1-team")
    shown = [request.json["message"] for request in box.requests]
    assert shown[0] == f"{MESSAGE.text}\nkey k1-team"
    assert shown[1:] == [MESSAGE.text] * 2


CHATS: dict[str, Callable[[int], str]] = {
    "mattermost": lambda port: f"mmost://127.0.0.1:{port}/a1b2c3d4e5f6a7b8c9d0e1f2a3",
    "ntfy": lambda port: f"ntfy://127.0.0.1:{port}/topic",
    "gotify": lambda port: f"gotify://127.0.0.1:{port}/atoken",
}


EVIL = (
    "@everyone @here <!channel> <@U123> [click](http://evil.example) <a href=x>y</a><script>alert(1)</script> "
    "\u202ereversed\u202c https://evil.example/x www.evil.example <http://evil.example|text> "
)
# What a chat, a mail program or a browser would bring to life.
LIVE = re.compile(
    r"@(?:everyone|here)|<!channel|<@|\]\(http://evil|<script|<a href=x|<http|://evil|www\.evil|[\u202a-\u202e]"
)
RECEIVERS = CHATS | {
    f"json {form}": lambda port, form=form: f"json://127.0.0.1:{port}/?format={form}"  # type: ignore[misc]
    for form in ("text", "markdown", "html")
}


def hostile() -> Message:
    sentence = EVIL + "In 2012 25 million. " + "word 12,345,678 " * 700
    notice = replace(
        NOTICE, summary=f"21 million → 25 million {EVIL}", section=(EVIL,), old_sentence=EVIL, new_sentence=sentence
    )
    return compose(an_alert(notice, title=EVIL), "k1")


@for_each("service", RECEIVERS)
def test_nothing_that_strangers_wrote_lives_in_what_is_received(service: str):
    with WebhookReceiver() as box:
        send(hostile(), RECEIVERS[service](box.port), "k1")
        received = json.dumps(box.requests[0].json, ensure_ascii=False)
    assert LIVE.findall(received) == []
    assert "21 million → 25 million" in received
    assert len(received) < 10_000


def test_nothing_that_strangers_wrote_lives_in_a_mail(post: PostOffice):
    send(hostile(), post.url, "k1")
    (mail,) = post.mails
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    assert len(parts) == 2
    assert [LIVE.findall(part) for part in (*parts, mail["Subject"])] == [[], [], []]
    assert len(parts[0].replace("\r\n", "\n").encode()) <= TEXT_BYTES


def test_an_alert_about_one_finding_is_short_where_it_is_plain_text():
    long = replace(MESSAGE, text="long " * 200, compact_text="short", is_single=True)
    with WebhookReceiver() as receiver:
        send(long, receiver.url, "k1")
        send(replace(long, is_single=False), receiver.url, "k1")
        assert [accepted.json["message"].split()[0] for accepted in receiver.accepted] == ["short", "long"]


def test_the_message_id_is_the_key_on_every_attempt_and_leads_the_thread_of_what_follows(post: PostOffice):
    post.plan += ["451 try later", "421 busy"]
    assert [failure(post.url).permanent for _ in range(2)] == [False, False]
    for _ in range(2):
        send(MESSAGE, post.url, "k1-team")
    first = "<k1-team@article-watcher.example.org>"
    assert [letter["Message-ID"] for letter in post.mails] == [first] * 2
    send(replace(MESSAGE, thread="k1-team"), post.url, "k2-team")
    assert (post.mails[2]["In-Reply-To"], post.mails[2]["References"]) == (first, first)


@for_each("line")
def test_the_blanks_of_a_subject_arrive_as_they_were_sent(post: PostOffice, line: str):
    send(replace(MESSAGE, subject=line), post.url, "k")
    assert str(post.mails[-1]["subject"]) == line


@for_each("key", ["k\r\nBcc: x@example.org", "k>", "é k", "k" * 500])
def test_no_key_ends_the_header_that_it_stands_in(post: PostOffice, key: str):
    send(MESSAGE, post.url, key)
    letter = post.mails[-1]
    assert letter["Bcc"] is None
    assert re.fullmatch(r"<[k-][^>]*>", letter["Message-ID"])


def test_all_recipients_get_it_a_hidden_one_stays_hidden_and_no_header_of_ours_is_sent_twice(post: PostOffice):
    send(MESSAGE, post.address("to=a@example.org,b@example.org&cc=Jo<c@example.org>&bcc=d@example.org"), "k1")
    assert post.envelopes == [["a@example.org", "b@example.org", "c@example.org", "d@example.org"]]
    mail = post.mails[0]
    assert (mail["To"], mail["Cc"], mail["Bcc"]) == ("a@example.org, b@example.org", "Jo <c@example.org>", None)
    send(MESSAGE, post.address("to=a@example.org&%2BX-Team=one&%2BSubject=other&%2Bmessage-id=other"), "k1")
    mail, ids = post.mails[1], post.mails[1].get_all("Message-ID", [])
    assert (mail["X-Team"], mail.get_all("Subject"), len(ids)) == ("one", [MESSAGE.subject], 1)


@for_each("answer", ["550 no", "552 too large", "554 spam S3CR3T"])
def test_what_the_server_refuses_for_good_is_not_tried_again(post: PostOffice, answer: str):
    post.plan.append(answer)
    error = failure(post.url)
    assert error.permanent
    assert str(error) == f"E-Mail: answered {answer[:3]}; correct the destination, then `watcher deliver --retry-dead`"


@for_each("url", ["u:p@127.0.0.1:{}?mode=insecure", "127.0.0.1:{}?mode=starttls"])
def test_a_server_without_what_the_url_asks_for_is_no_lost_connection(post: PostOffice, url: str):
    error = failure(f"mailto://{url.format(post.port)}&from=a@b.org")
    assert str(error).startswith("E-Mail: it has no STARTTLS, or no login")


def test_a_recipient_who_is_unknown_costs_the_others_nothing(post: PostOffice):
    post.refused["b@example.org"] = "550 S3CR3T unknown"
    error = failure(post.address("to=a@example.org,b@example.org"))
    assert (error.permanent, post.envelopes) == (True, [["a@example.org"]])
    assert str(error) == "E-Mail: 1 of 2 recipients refused (550), the others have it; correct the destination"
    post.refused["a@example.org"] = "550 unknown"
    assert failure(post.url).permanent


def test_while_one_recipient_is_refused_for_now_nobody_gets_it_so_that_nobody_gets_it_twice(post: PostOffice):
    post.refused["b@example.org"] = "450 greylisted"
    url = post.address("to=a@example.org,b@example.org")
    error = failure(url)
    assert (error.permanent, str(error), post.mails) == (False, "E-Mail: answered 450", [])
    post.refused.clear()
    send(MESSAGE, url, "k1")
    assert len(post.mails) == 1


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n", b"", b"nonsense\r\n"])
def test_a_server_that_does_not_want_to_talk_is_an_error_of_one_line(greeting: bytes):
    with serving(lambda caller: caller.sendall(greeting)) as port:
        error = failure(f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&mode=insecure")
    assert error.permanent is greeting.startswith(b"5")
    assert "\n" not in str(error)
