"""The user's own templates word the messages; whatever is wrong with them, the alert arrives, the mistake is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.watcher.notify.test_message import NOTICE, an_alert
from watcher.demo.inbox import Inbox
from watcher.model import Topic
from watcher.notify import Wording, compose


def worded(folder: Path, **files: str) -> Wording:
    """A folder with these templates; `alert_txt` is alert.txt."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return Wording(folder)


def test_each_part_can_be_worded_and_the_others_stay_ours(tmp_path: Path):
    wording = worded(
        tmp_path,
        alert_txt="{{ label }}{{ title }}: {% for item in items %}{{ item.summary }}{% endfor %} ({{ key }})",
        alert_md="{{ items[0].summary | markdown }}",
        subject_txt="{{ title }}\n has news",
    )
    alert = replace(an_alert(NOTICE), topic=Topic.RESOLVED)
    message = wording.compose(alert, "k-team")
    assert message.text == f"Resolved: Human trafficking: {NOTICE.summary} (k-team)"
    assert message.markdown == NOTICE.summary.replace("(", r"\(").replace(")", r"\)")
    assert message.subject == "Human trafficking has news"
    assert message.html == compose(alert, "k-team").html
    assert wording.mistakes == []


def test_html_is_escaped_without_being_asked(tmp_path: Path):
    hostile = an_alert(replace(NOTICE, summary='"><img src=x onerror=alert(1)>'))
    message = worded(tmp_path, alert_html="<p>{{ items[0].summary }}</p>").compose(hostile, "k")
    assert "<img" not in message.html


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ title", "alert.txt:1: TemplateSyntaxError"),
        ("fine\n{{ titel }}", "alert.txt:2: UndefinedError: 'titel' is undefined"),
        ("{{ items[0].nothing }}", "alert.txt:1: UndefinedError"),
        ("{{ title.__class__.__mro__ }}", "alert.txt:1: SecurityError"),
        ("{% include '/etc/passwd' %}", "alert.txt:1: TypeError: no loader"),
        ("{% for n in range(10 ** 9) %}x{% endfor %}", "alert.txt:1: OverflowError"),
        ("{{ 1 / 0 }}", "alert.txt:1: ZeroDivisionError"),
        ("  ", "alert.txt: makes nothing"),
        ("{{ 'x' * 30000 }}", "alert.txt: makes 30000 characters"),
    ],
)
def test_a_mistake_is_one_line_and_the_message_is_ours(tmp_path: Path, template: str, says: str):
    wording = worded(tmp_path, alert_txt=template)
    for _ in range(2):
        assert wording.compose(an_alert(NOTICE), "k") == compose(an_alert(NOTICE), "k")
    (mistake,) = wording.mistakes
    assert says in mistake
    assert mistake.endswith("our own words were sent instead")
    assert "\n" not in mistake


def test_a_file_that_is_no_text_is_a_mistake_like_another(tmp_path: Path):
    (tmp_path / "subject.txt").write_bytes(b"\xff\xfe\x00")
    wording = Wording(tmp_path)
    assert wording.compose(an_alert(NOTICE), "k") == compose(an_alert(NOTICE), "k")
    assert "UnicodeDecodeError" in wording.mistakes[0]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    wording = Wording(tmp_path / "none")
    assert wording.compose(an_alert(NOTICE), "k") == compose(an_alert(NOTICE), "k")
    assert "there is no such folder" in wording.mistakes[0]


def test_without_a_folder_the_words_are_ours():
    assert Wording(None).compose(an_alert(NOTICE), "k") == compose(an_alert(NOTICE), "k")


def test_messages_and_digests_are_sent_in_these_words(tmp_path: Path):
    wording = worded(tmp_path, alert_txt="mine: {{ title }}")
    with Inbox() as box:
        wording.notify(an_alert(NOTICE), box.url, "k1")
        wording.notify_digest([an_alert(NOTICE)], box.url, "k2")
        wording.notify_digest([an_alert(NOTICE)] * 2, box.url, "k3")
        bodies = [letter.json["message"] for letter in box.letters]
    assert bodies[:2] == ["mine: Human trafficking"] * 2
    assert bodies[2].startswith("Digest: 2 findings in Human trafficking")
