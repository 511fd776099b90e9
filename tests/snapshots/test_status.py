from __future__ import annotations

import pytest

from snapshots import Archive, CheckProgress, OutboxStatus
from tests.snapshots.builders import NOW, PAGE, an_alert, checked_up_to, later, new_deliveries
from watcher.model import Article

pytestmark = pytest.mark.dialect


def test_an_empty_archive_has_nothing_to_show(archive: Archive):
    assert archive.metrics.outbox(NOW) == OutboxStatus(queued=0, due=0, dead=0, oldest_queued=None)


def test_every_watched_page_is_listed_with_its_last_check_and_cursor(archive: Archive):
    other = Article(wiki="de", page_id=3, title="Leuchttürme")
    checked_up_to(archive, 2)
    archive.articles.register(other, NOW)
    archive.articles.register(Article(wiki="de", page_id=4, title="Molen"), NOW)
    archive.articles.record_check(PAGE, later(8), None)
    archive.articles.record_check(other, later(9), "no answer")
    assert archive.articles.last_checks([(page.wiki, page.title) for page in (PAGE, other)]) == {
        ("en", PAGE.title): CheckProgress(article=PAGE, checked_at=later(8), failures=0, error=None, cursor=2),
        ("de", other.title): CheckProgress(
            article=other, checked_at=later(9), failures=1, error="no answer", cursor=None
        ),
    }


def test_the_outbox_is_counted_by_what_can_be_done_about_it(archive: Archive):
    for number in (2, 3, 4, 5):
        archive.outbox.queue(an_alert(number), new_deliveries(number, ("mail",)), later(number))
    sent, dead, retried = archive.outbox.claim(later(10), owner="one", limit=3)
    archive.outbox.mark_sent(sent, later(11))
    archive.outbox.mark_failed(dead, later(11), "410", None)
    archive.outbox.mark_failed(retried, later(11), "503", later(500))
    status = archive.metrics.outbox(later(12))
    assert (status.queued, status.due, status.dead, status.oldest_queued) == (2, 1, 1, later(4))
