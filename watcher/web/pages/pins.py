"""Pin a sentence of an article: its watch's entry in the watchlist is rewritten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from watcher.config.editor import edit_watch
from watcher.services.watchlist import update_file
from watcher.text import single_line
from watcher.web.dependencies import AdminAccess, Context
from watcher.web.pages.article import LONGEST
from watcher.web.pages.timeline import article_of

router = APIRouter()


@router.post("/article/{wiki}/{page_id}/pin", response_class=RedirectResponse)
def pin(
    wiki: str,
    page_id: int,
    context: Context,
    reader: AdminAccess,  # noqa: ARG001  pins are written into the watchlist
    sentence: Annotated[str, Form(max_length=LONGEST)] = "",
    undo: Annotated[bool, Form()] = False,  # noqa: FBT002  a field of the form
) -> RedirectResponse:
    """Pin a sentence of the article, or unpin it: the watch's entry in the watchlist is written anew."""
    watch = context.services.index.watch_of(article_of(context.archive, wiki, page_id))
    words = " ".join(sentence.split())
    if watch is None:
        raise HTTPException(400, "This article is not watched any more, so nothing can be pinned.")
    if not words:
        raise HTTPException(400, "Choose or paste the sentence to pin.")
    others = [text for text in watch.claims if single_line(text, LONGEST) != words and text != words]
    claims = others if undo else [*others, words]

    def pinned(text: str) -> str:
        return edit_watch(text, watch.wiki, watch.title, {"claims": claims or None})

    update_file(context.watchlist.path, pinned)
    return RedirectResponse(f"/article/{wiki}/{page_id}?did={'unpinned' if undo else 'pinned'}#pins", 303)
