"""Test that a mail has its key as Message-ID, stays in its thread, and is refused by the server's code alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.hostile_servers import dripping, flooding, serving
from tests.smtp_server import PostOffice
from tests.watcher.notify.test_apprise_sender import MESSAGE
from watcher.errors import DeliveryError
from watcher.notify import Message, send, sender
from watcher.notify.sender import _service


def failure(url: str, timeout: float = 5, message: Message = MESSAGE) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(message, url, message.key, timeout=timeout)
    return caught.value


def test_the_message_id_is_the_key_on_every_attempt(post: PostOffice):
    post.plan += ["451 try later", "421 busy"]
    assert [failure(post.url).permanent for _ in range(2)] == [False, False]
    for _ in range(2):
        send(MESSAGE, post.url, "k1-team")
    assert [letter["Message-ID"] for letter in post.mails] == ["<k1-team@article-watcher.example.org>"] * 2


SUBJECTS = [
    "High: Страна Premier → 21 million: 2026–27 × × Страна… (Страна 2,400 League), same source",
    "High: Überschrift → →: 21 million × (% of GDP) 2,400 Nordic “quoted words” 2,400 (% of GDP… (2,400 2026–27)",
    "High: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa Premier population: 2,400 漢字漢字漢字 League Tide population… (× Ægir 漢字)",
    "High: " + "a plain subject of many words " * 5 + "end",
]


@pytest.mark.parametrize("line", SUBJECTS)
def test_the_blanks_of_a_subject_arrive_as_they_were_sent(post: PostOffice, line: str):
    send(replace(MESSAGE, subject=line), post.url, "k")
    assert str(post.mails[0]["subject"]) == line


def test_what_follows_an_earlier_message_is_in_its_thread(post: PostOffice):
    send(replace(MESSAGE, thread="k0-team"), post.url, "k1-team")
    (letter,) = post.mails
    first = "<k0-team@article-watcher.example.org>"
    assert (letter["In-Reply-To"], letter["References"]) == (first, first)


@pytest.mark.parametrize("key", ["k\r\nBcc: x@example.org", "k>", "é k", "k" * 500])
def test_no_key_ends_the_header_that_it_stands_in(post: PostOffice, key: str):
    send(MESSAGE, post.url, key)
    (letter,) = post.mails
    assert letter["Bcc"] is None
    assert letter["Message-ID"].startswith("<k") or letter["Message-ID"].startswith("<-")
    assert letter["Message-ID"].count(">") == 1


def test_a_mail_may_be_plain_text_only(post: PostOffice):
    send(MESSAGE, post.address("to=a@example.org&format=text"), "k1")
    assert post.mails[0].get_content_type() == "text/plain"


def test_all_recipients_get_it_and_a_hidden_one_stays_hidden(post: PostOffice):
    send(MESSAGE, post.address("to=a@example.org,b@example.org&cc=Jo<c@example.org>&bcc=d@example.org"), "k1")
    assert post.envelopes == [["a@example.org", "b@example.org", "c@example.org", "d@example.org"]]
    (letter,) = post.mails
    assert (letter["To"], letter["Cc"], letter["Bcc"]) == ("a@example.org, b@example.org", "Jo <c@example.org>", None)


def test_headers_of_the_url_are_sent_but_none_of_ours_twice(post: PostOffice):
    send(MESSAGE, post.address("to=a@example.org&%2BX-Team=one&%2BSubject=other&%2Bmessage-id=other"), "k1")
    (letter,) = post.mails
    assert (letter["X-Team"], letter.get_all("Subject"), len(letter.get_all("Message-ID", []))) == (
        "one",
        [MESSAGE.subject],
        1,
    )


@pytest.mark.parametrize("answer", ["550 no", "552 too large", "554 spam S3CR3T"])
def test_what_the_server_refuses_for_good_is_not_tried_again(post: PostOffice, answer: str):
    post.plan.append(answer)
    error = failure(post.url)
    assert error.permanent
    assert str(error) == f"E-Mail: answered {answer[:3]}; correct the destination, then `watcher deliver --retry-dead`"


def test_a_recipient_who_is_unknown_costs_the_others_nothing(post: PostOffice):
    post.refused["b@example.org"] = "550 S3CR3T unknown"
    error = failure(post.address("to=a@example.org,b@example.org"))
    assert (error.permanent, post.envelopes) == (True, [["a@example.org"]])
    assert str(error) == "E-Mail: 1 of 2 recipients refused (550), the others have it; correct the destination"


def test_while_one_recipient_is_refused_for_now_nobody_gets_it_so_that_nobody_gets_it_twice(post: PostOffice):
    post.refused["b@example.org"] = "450 greylisted"
    url = post.address("to=a@example.org,b@example.org")
    error = failure(url)
    assert (error.permanent, str(error), post.mails) == (False, "E-Mail: answered 450", [])
    post.refused.clear()
    send(MESSAGE, url, "k1")
    assert len(post.mails) == 1


def test_when_all_recipients_are_unknown_it_is_the_end(post: PostOffice):
    post.refused["a@example.org"] = "550 unknown"
    assert failure(post.url).permanent


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n", b"", b"nonsense\r\n"])
def test_a_server_that_does_not_want_to_talk_is_an_error_of_one_line(greeting: bytes):
    with serving(lambda caller: caller.sendall(greeting)) as port:
        error = failure(f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&mode=insecure")
    assert error.permanent is greeting.startswith(b"5")
    assert "\n" not in str(error)


def test_a_server_that_answers_a_letter_at_a_time_is_left_in_the_end():
    with serving(dripping(b"", greet=True)) as port:
        plugin = _service(f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&mode=insecure", 5)[0]
        # Nonsense where a letter has come by then, else no answer.
        with pytest.raises(DeliveryError, match=r"it answered nonsense|it ended without an answer") as caught:
            sender.send_mail(MESSAGE, MESSAGE.html, plugin, html=True, timeout=5, limit=0.2)
    assert not caught.value.permanent


@pytest.mark.parametrize("start", [b"", b"220 hello\r\n"])
def test_a_server_that_says_more_than_it_may_is_left(start: bytes):
    with serving(flooding(start, b"250-hello\r\n" if start else b"220-hello\r\n", greet=True)) as port:
        error = failure(f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&smtp=127.0.0.1&mode=insecure")
    assert (error.permanent, str(error)) == (False, "E-Mail: no connection, or it ended without an answer")
