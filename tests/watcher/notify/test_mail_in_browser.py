"""Test the page of a mail in a real browser: complete at 360 pixels, readable in light and dark."""

from dataclasses import replace
from pathlib import Path

from tests.browser import NEEDS_BROWSER, Show
from tests.cases import for_each
from tests.watcher.notify.test_messages import NOTICE, RICH, SIZES, an_alert
from watcher.model import Alert, AlertTopic, Severity
from watcher.notify import compose, compose_digest

pytestmark = NEEDS_BROWSER

CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")
WORST = replace(RICH, severity=Severity.CRITICAL, section=("Wort" * 60,), summary="21 → 25 " + "x" * 300)
PAGES: dict[str, Alert] = {
    **{severity.label: an_alert(replace(RICH, severity=severity)) for severity in Severity},
    "rewritten": an_alert(replace(RICH, new_sentence="Nothing of it is left, and nobody knows why.")),
    "resolved": replace(an_alert(RICH), topic=AlertTopic.RESOLVED),
    "long words": an_alert(WORST, replace(WORST, old_sentence="y" * 400, new_sentence="z" * 400), title="T" * 200),
    "forty": SIZES["forty"],
    "no notice": SIZES["no notice"],
}


@for_each("case", PAGES)
def test_a_mail_fits_a_phone_and_can_be_read_in_light_and_dark(show: Show, case: str):
    page = show(compose(PAGES[case]).mail, 360, "light")
    for width, scheme in ((360, "light"), (360, "dark"), (600, "dark"), (600, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [(text, ratio) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


@for_each("count", [4, 20])
def test_a_digest_fits_a_phone_and_can_be_read(show: Show, count: int):
    alerts = [an_alert(RICH, WORST, title=f"Article {number}") for number in range(count)]
    mail = compose_digest(alerts, "k", 90_000).mail
    for scheme in ("light", "dark"):
        page = show(mail, 360, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert [(text, ratio) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
        assert page.locator("h1, p > b", has_text="Article").count() >= count


def test_the_mail_follows_the_readers_light_or_dark_and_marks_words_without_color_too(show: Show):
    for scheme in ("light", "dark"):
        page = show(compose(an_alert(NOTICE)).mail, 600, scheme)
        red = int(page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor.match(/\\d+/)[0]"))
        assert (red > 200) == (scheme == "light")
    decoration = "getComputedStyle(document.querySelector('{}')).textDecorationLine"
    assert [page.evaluate(decoration.format(tag)) for tag in ("ins", "del")] == ["underline", "line-through"]
    assert page.locator("ins").all_text_contents() == ["25"]
    message = compose(an_alert(replace(NOTICE, summary="قديم → جديد")))  # as on the page of the finding
    assert '<span dir="ltr"><span dir="auto">قديم</span> → <span dir="auto">جديد</span>' in message.mail
    assert all("\u2068قديم\u2069 → \u2068جديد\u2069" in text for text in (message.subject, message.text))
