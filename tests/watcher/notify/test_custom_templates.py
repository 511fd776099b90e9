"""Test the user's own templates: whatever is wrong with one, the alert arrives and the mistake is reported."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.simulators import WebhookReceiver
from tests.watcher.notify.test_messages import NOTICE, an_alert
from watcher.errors import DeliveryError
from watcher.model import AlertTopic, Severity
from watcher.notify import MessageRenderer, Receiver, compose, compose_digest
from watcher.notify.messages import facts_of
from watcher.notify.sanitize import markdown
from watcher.notify.sender import limits_of


def worded(folder: Path, **files: str) -> MessageRenderer:
    """A folder with these templates; `alert_txt` is alert.txt."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return MessageRenderer(folder)


def test_each_part_can_be_worded_and_the_others_stay_ours(tmp_path: Path):
    wording = worded(
        tmp_path,
        alert_txt="{{ label }}{{ title }}: {% for item in items %}{{ item.summary }}{% endfor %} ({{ key }})",
        alert_md="{{ items[0].summary | markdown }}",
        subject_txt="{{ title }}\n has news",
    )
    alert = replace(an_alert(NOTICE), topic=AlertTopic.RESOLVED)
    message = wording.compose([alert], "k-team")
    assert message.text == f"Resolved: Human trafficking: {NOTICE.summary} (k-team)"
    assert message.markdown == NOTICE.summary.replace("(", r"\(").replace(")", r"\)")
    assert message.subject == "Human trafficking has news"
    assert message.html == compose(alert, "k-team").html
    assert wording.template_errors == []


@for_each(("template", "expected"))
def test_a_mistake_is_one_line_and_the_message_is_ours(tmp_path: Path, template: str, expected: str):
    wording = worded(tmp_path, alert_txt=template)
    for _ in range(2):
        assert wording.compose([an_alert(NOTICE)], "k") == compose(an_alert(NOTICE), "k")
    (problem,) = wording.template_errors
    assert expected in problem
    assert problem.endswith("the built-in template was used instead")
    assert "\n" not in problem


def test_a_file_that_is_no_text_and_a_folder_that_is_not_there_are_mistakes_like_others(tmp_path: Path):
    (tmp_path / "subject.txt").write_bytes(b"\xff\xfe\x00")
    wording = MessageRenderer(tmp_path)
    assert wording.compose([an_alert(NOTICE)], "k") == compose(an_alert(NOTICE), "k")
    assert "UnicodeDecodeError" in wording.template_errors[0]
    wording = MessageRenderer(tmp_path / "none")
    assert wording.compose([an_alert(NOTICE)], "k") == compose(an_alert(NOTICE), "k")
    assert "there is no such folder" in wording.template_errors[0]


def test_messages_and_digests_are_sent_in_these_words(box: WebhookReceiver, tmp_path: Path):
    wording = worded(tmp_path, alert_txt="mine: {{ title }}")
    wording.notify([an_alert(NOTICE)], Receiver(box.url), "k1")
    wording.notify([an_alert(NOTICE)], Receiver(box.url), "k2")
    wording.notify([an_alert(NOTICE), an_alert(NOTICE, title="Tide")], Receiver(box.url), "k3")
    bodies = [letter.json["message"] for letter in box.requests]
    assert bodies[:2] == ["mine: Human trafficking"] * 2
    assert bodies[2].startswith("High digest: 2 findings in Human trafficking")


@for_each(("topic", "text"))
def test_a_topic_may_have_words_of_its_own_and_reads_like_any_alert_without(tmp_path: Path, topic: str, text: str):
    wording = worded(tmp_path, alert_txt="plain", update_txt="again", resolved_txt="over", operator_txt="house")
    (tmp_path / "update.subject.txt").write_text("Again: {{ title }}", encoding="utf-8")
    message = wording.compose([replace(an_alert(NOTICE), topic=AlertTopic(topic))], "k")
    assert message.text == text
    assert message.subject.startswith("Again: Human") is (topic == "update")


def test_a_digest_has_words_of_its_own(tmp_path: Path):
    wording = worded(
        tmp_path,
        digest_txt="{{ subject }}{% for one in articles %}; {{ one.title }}: {{ one['items'][0].summary }}{% endfor %}",
        digest_md="{% for one in articles %}[{{ one.title }}]({{ one.report }})\n{% endfor %}",
        alert_txt="an alert",
    )
    message = wording.compose([an_alert(NOTICE), an_alert(NOTICE, title="[Tide](x)")], "k")
    assert message.text.split("; ")[1].startswith("Human trafficking: 21 million")
    assert message.markdown.splitlines()[1] == r"[" + markdown("[Tide](x)") + "](http://127.0.0.1:8765/comparisons/42)"
    assert wording.compose([an_alert(NOTICE)], "k").text == "an alert"


def test_a_mistake_in_a_digest_costs_the_words_and_nothing_else(tmp_path: Path):
    alerts = [an_alert(NOTICE), an_alert(NOTICE, title="Tide")]
    wording = worded(tmp_path, digest_txt="{{ nonsense }}")
    assert wording.compose(alerts, "k") == compose_digest(alerts, "k")
    assert wording.template_errors == [
        f"{tmp_path}/digest.txt:1: UndefinedError: 'nonsense' is undefined; the built-in template was used instead"
    ]


def test_markdown_and_html_are_escaped_without_being_asked_and_only_once(tmp_path: Path):
    hostile = an_alert(replace(NOTICE, summary="[x](http://e.example) *bold*"))
    wording = worded(tmp_path, alert_md="{{ items[0].summary }}; {{ items[0].summary | markdown }}; {{ diff }}")
    first, second, link = wording.compose([hostile], "k").markdown.split("; ")
    assert first == second
    assert first.startswith(r"\[x\]")
    assert link == facts_of(hostile, "k")["diff"]
    hostile = an_alert(replace(NOTICE, summary='"><img src=x onerror=alert(1)>'))
    assert "<img" not in worded(tmp_path, alert_html="<p>{{ items[0].summary }}</p>").compose([hostile], "k").html


LIMITS = {"discord://1/x": 2_000, "mmost://host/a1b2c3d4e5f6a7b8c9d0e1f2a3": 4_000, "ntfy://host/topic": 7_800}
MAIL = "mailto://host?from=a@b.org&to=c@d.org"


@for_each("url", [*LIMITS, "json://host/", MAIL])
def test_a_long_digest_is_divided_between_alerts_so_that_each_part_fits_whole(url: str):
    wording, left, parts = MessageRenderer(None), [an_alert(NOTICE, title=f"Article {n}") for n in range(40)], 0
    while left:
        part = wording.alerts_that_fit(left, Receiver(url))
        body = limits_of(url).body(wording.compose(part, "k-team", limits_of(url)))
        assert body.count("21 million → 25 million people") == len(part)
        assert len(body) <= (90_000 if url == MAIL else LIMITS.get(url, 20_000))
        left = left[len(part) :]
        parts += 1
    assert parts > 1 if url in LIMITS else parts <= 3


def test_the_weightiest_go_into_the_first_part_and_a_url_that_cannot_be_used_has_no_room():
    low = replace(NOTICE, severity=Severity.LOW)
    alerts = [an_alert(NOTICE if n == 29 else low, title=f"Article {n}") for n in range(30)]
    assert MessageRenderer(None).alerts_that_fit(alerts, Receiver("discord://1/x"))[0].article.title == "Article 29"
    with pytest.raises(DeliveryError):
        MessageRenderer(None).alerts_that_fit(alerts, Receiver("nope://x"))
