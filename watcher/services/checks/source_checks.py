"""Look up the values of alerted statistics in the sources that articles cite for them.

The alerts of a round wait for this for a limited time in total, as long as for one page. Sources that are not read by
then are read after the alerts were sent, and the result is added to the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from watcher import model
from watcher.config import Watch
from watcher.errors import Unavailable
from watcher.model.source_checks import Problem, SourceCheck, SourceOutcome
from watcher.report.labels import sources
from watcher.report.page import finding_from_dict
from watcher.services.context import AppContext
from watcher.urls import web_link

SOURCE_RULE: Final = "source_not_answering"
"""The rule of findings that a cited page is gone; it is not in any text, so judging again does not find it."""
_MAX_SECONDS: Final = 20.0  # time limit for one page
_MIN_SECONDS: Final = 2.0  # with less time left, no page is requested
_MAX_FINDINGS: Final = 10  # of one comparison: a flood of changed numbers must not cause a flood of requests
_MAX_SOURCES: Final = 3  # of one finding
_AT_ONCE: Final = 4  # hosts
_MAX_REQUEST_AGE: Final = timedelta(days=1)  # after which pages that could not be requested are given up
_GONE_PROBLEMS: Final = (Problem.GONE.name, Problem.UNREACHABLE.name)
_UNDECIDED: Final = (SourceOutcome.NEITHER, SourceOutcome.UNREAD)
_PREFERRED: Final = [*SourceOutcome]


def with_source_checks(services: AppContext, watch: Watch, comparison: model.Comparison) -> model.Comparison:
    """Add to each alerted statistic which value its cited sources state, and add findings for sources that are gone.

    Raises StoreError.
    """
    findings, requested = list(comparison.findings), dict[int, Sequence[model.Cited]]()
    for number, finding in enumerate(findings):
        change = finding.change
        is_moved = any(field.name in ("value", "low", "high", "unit") for field in change.fields)
        is_value = change.kind is model.Kind.STATISTIC_ADDED or (
            change.kind is model.Kind.STATISTIC_CHANGED and is_moved
        )
        if is_value and finding.severity >= watch.threshold and not finding.filtered:
            # The current sources of the sentence, or only the new ones if the source has changed.
            cited = [source for source in sources(change, {}, frozenset()) if source.status != "removed" and source.url]
            added = [source for source in cited if source.status == "added"]
            is_new = change.source in (model.SourceChange.CHANGED, model.SourceChange.ADDED)
            if cited:
                requested[number] = (added if is_new and added else cited)[:_MAX_SOURCES]
    if not requested or comparison.article is None:
        return comparison
    questions = {
        number: _Question(
            change=findings[number].change,
            article=comparison.article,
            addresses=(
                tuple(source.url for source in cited if source.url),
                tuple(source.archive_url for source in cited if source.archive_url),
            ),
        )
        for number, cited in [*requested.items()][:_MAX_FINDINGS]
    }
    reading = _Reading(services)
    checks = reading.answer(questions)
    for number, question in questions.items():
        later = () if number in checks else question.addresses
        findings[number] = replace(findings[number], source_check=checks.get(number), sources_to_read=later)
    gone = {source.url: source for cited in requested.values() for source in cited if source.url in reading.gone}
    for source in gone.values():
        reference = model.Reference(
            key=source.label, title=source.label, url=source.url, archive_url=source.archive_url
        )
        status = model.FieldChange(name="status", old="cited", new="does not answer")
        change = model.Change(kind=model.Kind.REFERENCE_CHANGED, old=reference, new=reference, fields=(status,))
        finding = model.Finding(
            rule=SOURCE_RULE,
            severity=model.Severity.LOW,
            change=change,
            reasons=(model.Reason(code="source-not-answering", text="not caused by an edit: the source was checked"),),
            summary=f"a cited page is no longer there: {source.label}",
            # The revision in which it was found, without its editor, who did not cause it.
            edits=(replace(comparison.after, parent_id=0, editor=None, comment=None),) if comparison.after else (),
        )
        findings.append(finding)
    return replace(comparison, findings=tuple(findings))


def finish_source_checks(services: AppContext) -> None:
    """Read the sources that alerts could not wait for, with the same time limit, and add the results to the findings.

    Raises StoreError.
    """
    if not any(watch.source_check for watch in services.watchlist.entries):
        return
    stored = services.archive.source_pages
    requests = stored.requests(_MAX_FINDINGS)
    services.round.source_deadline = None
    questions: dict[int, _Question] = {}
    for request, article, finding in requests:
        with suppress(KeyError, TypeError, ValueError):  # written by another version: it is given up after a day
            questions[request.finding_id] = _Question(
                change=finding_from_dict(finding).change,
                article=article,
                addresses=tuple(request.addresses),
            )
    checks = _Reading(services).answer(questions) if questions else {}
    for request, _, _ in requests:
        check = checks.get(request.finding_id)
        if check or request.at <= services.now() - _MAX_REQUEST_AGE:
            stored.answer(request.finding_id, check.to_dict() if check else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """The question which value of a change its sources state; `addresses` are URLs of the pages, then of archives."""

    change: model.Change
    article: model.Article
    addresses: tuple[Sequence[str], ...]


class _Reading:
    """The cited pages that are read for some findings, each once."""

    def __init__(self, services: AppContext) -> None:
        if services.round.source_deadline is None:
            services.round.source_deadline = monotonic() + services.source_seconds
        self._services, self._deadline = services, services.round.source_deadline
        self._pages: dict[str, tuple[datetime, dict[str, object]] | None] = {}
        self.gone: set[str] = set()  # pages that are found to be gone for the first time

    def answer(self, questions: Mapping[int, _Question]) -> dict[int, SourceCheck]:
        """Return what the sources state, by the questions' keys, for those that were read in time.

        An archived copy is the page as it was cited; it is read if the page itself does not settle the question.
        """
        checks: dict[int, SourceCheck] = {}
        for copies in (0, 1):
            unsettled = {
                number: question.addresses[copies]
                for number, question in questions.items()
                if number not in checks or checks[number].outcome in _UNDECIDED
            }
            self._read(url for urls in unsettled.values() for url in urls)
            for number, urls in unsettled.items():
                read = (checks.get(number), *(self._check(questions[number], url) for url in urls))
                best = min(filter(None, read), key=lambda check: _PREFERRED.index(check.outcome), default=None)
                checks |= {number: best} if best else {}
        return checks

    def _read(self, urls: Iterable[str]) -> None:
        """Read some pages: several hosts in parallel, the pages of one host in sequence."""
        new = sorted({url for url in urls if url not in self._pages}, key=_host)
        if new:
            hosts = [[*group] for _, group in groupby(new, key=_host)]
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="source") as pool:
                for pages in pool.map(lambda urls: {url: self._page(url) for url in urls}, hosts):
                    self._pages |= pages

    def _check(self, question: _Question, url: str) -> SourceCheck | None:
        """Return which of the two values of a change a page states; None if the page was not read."""
        from watcher.source_check import SourcePage, compare_source
        from watcher.source_check.statement import Side

        read, change, article = self._pages.get(url), question.change, question.article
        if read is None:
            return None
        sides: list[Side | None] = []
        for element, stated in ((change.old, change.old_sentence), (change.new, change.new_sentence)):
            if not isinstance(element, model.Statistic):
                sides.append(None)
                continue
            quantity, sentence = element.quantity, stated or element.sentence
            # The JSON of a finding does not contain the position of a quantity in its sentence.
            if sentence[quantity.start : quantity.end] != quantity.text:
                start = max(sentence.find(quantity.text), 0)
                quantity = replace(quantity, start=start, end=start + len(quantity.text))
            section = " › ".join(change.location.section)
            sides.append(Side(quantity=quantity, sentence=sentence, label=change.label, section=section))
        old, new = sides
        language = self._services.watchlist.wiki(article.wiki).language
        page = SourcePage.from_dict(read[1])
        check = compare_source(page, old, new, title=article.title, language=language, at=read[0])
        return replace(check, url=web_link(check.url) or url)

    def _page(self, url: str) -> tuple[datetime, dict[str, object]] | None:
        """Return a page as it was read within the last day, or read it now; None if there is no time left for it."""
        from watcher.source_check import read_source

        stored, now = self._services.archive.source_pages, self._services.now()
        if (known := stored.recent(url, now)) is not None:
            return known
        watchlist = self._services.watchlist
        try:
            with self._services.leases.wiki_lock(f"source {_host(url)}", self._deadline - monotonic()):
                if (seconds := self._deadline - monotonic()) < _MIN_SECONDS:
                    return None
                page = read_source(
                    url, contact=watchlist.contact, hosts=watchlist.source_hosts, seconds=min(seconds, _MAX_SECONDS)
                )
        except Unavailable:  # another worker is reading from that host
            return None
        problem = page.problem and page.problem.name
        if problem == Problem.LATE.name and seconds < _MAX_SECONDS / 2:  # a later try may have more time
            return None
        before = stored.of_urls([url]).get(url)
        if problem in _GONE_PROBLEMS and (before is None or before.problem not in _GONE_PROBLEMS):
            self.gone.add(url)
        body = page.to_dict()
        stored.save(url, body, problem, now)
        return now, body


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
