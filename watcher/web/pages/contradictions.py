"""List the numbers of one source that watched articles state differently."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from watcher.errors import Missing
from watcher.model import Article
from watcher.services.contradictions import disputed_numbers
from watcher.web import rendering
from watcher.web.dependencies import PAGE, READ, Context, User, WebContext
from watcher.web.pages.timeline import article_of

SHOWN: Final = 50
_LONGEST: Final = 19  # digits of a page id

router = APIRouter(dependencies=[READ])


def _article(context: WebContext, key: str) -> Article | None:
    wiki, _, number = key.rpartition("/")
    if not key:
        return None
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST):
        raise Missing(f"{key!r} names no article: give its wiki, a slash and its page id")
    return article_of(context.archive, wiki, int(number))


@router.api_route("/contradictions", **PAGE)
def contradictions(
    context: Context, user: User, before: Annotated[int | None, Query(gt=0, lt=2**63)] = None, article: str = ""
) -> HTMLResponse:
    """Show the newest contradictions, or those of an article."""
    shown = _article(context, article)
    numbers, following = disputed_numbers(context.services, limit=SHOWN, before=before, article=shown)
    return HTMLResponse(
        rendering.render(
            "contradictions.html",
            user=user,
            numbers=numbers,
            following=following,
            article=shown,
            languages=rendering.languages(context.watchlist),
        )
    )
