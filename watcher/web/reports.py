"""A stored comparison, or any two stored revisions of an article, become a report made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from snapshots import Decision
from watcher.config import policy_of
from watcher.errors import Missing
from watcher.model import Comparison, Policy, Snapshot
from watcher.report import Links, report
from watcher.report.as_html import shared
from watcher.web import pages
from watcher.web.dependencies import Here, Site, Viewer, stored_id
from watcher.web.lines import moment

_READ: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}

router = APIRouter()


@router.api_route("/comparison/{number}", **_READ)
def comparison(
    number: int,
    request: Request,
    here: Here,
    reader: Viewer,  # noqa: ARG001  may read
    finding: int | None = None,
) -> HTMLResponse:
    """The report of a stored comparison, made anew from the two stored texts; that finding of it is surely shown."""
    known = here.archive.comparison(stored_id(number))
    before = here.archive.snapshot(known.article.wiki, known.before.id)
    after = here.archive.snapshot(known.article.wiki, known.after.id)
    if before.wikitext is None or after.wikitext is None:
        return _without_texts(here, known)
    return _report(here, before, after, request, finding)


@router.api_route("/compare/{wiki}/{old}/{new}", **_READ)
def pair(wiki: str, old: int, new: int, request: Request, here: Here, reader: Viewer) -> HTMLResponse:  # noqa: ARG001
    """The report between any two stored revisions of one article: where alerts point."""
    before = here.archive.snapshot(wiki, stored_id(old))
    after = here.archive.snapshot(wiki, stored_id(new))
    if before.revision.article.page_id != after.revision.article.page_id:
        raise Missing(f"revisions {old} and {new} are not of one article")
    if before.wikitext is None or after.wikitext is None:
        return _without_texts(here, _judged(here, before, after))
    return _report(here, before, after, request)


def _judged(here: Site, before: Snapshot, after: Snapshot) -> Decision:
    """What was found while both texts could be read: never a page that says that nothing changed."""
    old, new = before.revision.id, after.revision.id
    known = here.archive.comparison_of(after.revision.article.wiki, old, new)
    if known is None:
        raise Missing(f"the wiki hides the text of revision {old} or {new}, and no findings are stored for them")
    return known


def _report(here: Site, before: Snapshot, after: Snapshot, request: Request, focus: int | None = None) -> HTMLResponse:
    article = after.revision.article
    watch = here.services.index.watch_of(article)
    policy = policy_of(watch) if watch else Policy()
    compared = here.compare(before, after, policy=policy, dialect=here.dialect(article.wiki))
    page = report(
        compared,
        "html",
        before_text=before.wikitext,
        after_text=after.wikitext,
        links=_links(here, compared, request),
        threshold=policy.threshold,
        focus=focus,
    )
    return HTMLResponse(page, headers={"content-security-policy": f"{shared()['policy']}; frame-ancestors 'none'"})


def _without_texts(here: Site, known: Decision) -> HTMLResponse:
    told = pages.stored_findings(here.archive.findings(known.id))
    return HTMLResponse(pages.render("stored.html", known=known, at=moment(known.after.at), told=told))


def _links(here: Site, compared: Comparison, request: Request) -> Links:
    index = pages.index_url(here.watchlist, compared.article.wiki) if compared.article else None
    home = str(request.base_url)
    links = Links.on(index, compared, home_url=home) if index else Links(home_url=home)
    return replace(links, review_urls=_review_urls(here, compared))


def _review_urls(here: Site, compared: Comparison) -> dict[str, str]:
    """Where the stored findings that are found again can be decided about."""
    before, after = compared.before, compared.after
    known = before and after and here.archive.comparison_of(after.article.wiki, before.id, after.id)
    if not known:
        return {}
    stored = here.archive.findings(known.id)
    again = [(one.change.kind.value, one.summary) for one in compared.findings]
    if again != [(one.get("kind"), one["summary"]) for one in stored]:
        return {}
    return {f"finding-{number}": f"/finding/{one['id']}" for number, one in enumerate(stored, start=1)}
