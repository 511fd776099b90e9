"""A stored finding becomes a page of its own: what changed, what was decided, and what can be decided."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from flows.reviewing import mute_finding, mute_words, take_back
from snapshots import Deed, Reviewed, ReviewState, Wanted
from watcher.config import policy_of
from watcher.errors import Corrupt
from watcher.model import Comparison, Policy
from watcher.report import Links
from watcher.report.cards import Card, card_at
from watcher.report.stored import stored_card
from watcher.web import pages
from watcher.web.charts import Known
from watcher.web.deciding import Text, Wish, done
from watcher.web.dependencies import Here, Reviewer, Site, Viewer, stored_id
from watcher.web.lines import REASONS, line, moment, past
from watcher.web.queue import least_told

UNTIL: Final = {"7d": ("a week", 7), "30d": ("30 days", 30), "90d": ("90 days", 90), "": ("good", None)}
_READ_ON: Final = 40  # revisions of the article's past that one page reads on, for its sparkline
_READ: dict[str, Any] = {"methods": ["GET", "HEAD"], "response_class": HTMLResponse}

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the parts of a report ask of the page that they stand on."""

    links: Links


@router.api_route("/finding/{number}", **_READ)
def finding(number: int, request: Request, here: Here, known: Known, reader: Viewer) -> HTMLResponse:
    """Where an alert points: the finding with its history and the forms to decide about it."""
    found = here.archive.review(stored_id(number))
    if found.kind.startswith("statistic."):
        with suppress(Corrupt):  # a damaged text has no past to show
            known.read(found.article, _READ_ON)
    index = pages.index_url(here.watchlist, found.article.wiki)
    both = Comparison(article=found.article, before=found.before, after=found.after)
    steps = here.archive.steps(found.id)
    following = here.archive.reviews(Wanted(least=least_told(here)), limit=1, after=found.id)
    return HTMLResponse(
        pages.render(
            "finding.html",
            reader=reader,
            one=line(found),
            card=_card(here, found),
            page=Shown(links=Links.on(index, both) if index else Links()),
            before={"id": found.before.id, "at": moment(found.before.at)},
            comment=found.after.comment,
            report=f"/comparison/{found.comparison_id}?finding={found.position + 1}#finding-{found.position + 1}",
            course=known.course(found.article, found.after, found.body),
            spark=known.spark(found.article, found.after, found.body),
            after=found.after.id,
            before_id=found.before.id,
            history=past(steps),
            undoable=here.archive.last_step(found.id),
            following=following[0].id if following else None,
            found_at=moment(found.at),
            done=done(here, request, reader),
            reasons=REASONS,
            durations={value: name for value, (name, _) in UNTIL.items()},
            words=mute_words(found.body) or "",
            muted=found.muted_by is not None,
            decided=found.state not in (ReviewState.OPEN, ReviewState.MUTED),
        )
    )


def _card(here: Site, found: Reviewed) -> Card:
    """The card as the report shows it; from the stored finding alone where the texts say otherwise by now."""
    number = found.position + 1
    compared = _compared(here, found)
    if compared is not None and len(compared.findings) >= number:
        again = compared.findings[found.position]
        if (again.summary, again.change.kind.value) == (found.summary, found.kind):
            return card_at(compared, number)
    columns = {"kind": found.kind, "severity": found.severity.label, "section": found.section, "summary": found.summary}
    return stored_card({**found.body, **columns}, number)


def _compared(here: Site, found: Reviewed) -> Comparison | None:
    """The two stored texts compared again; None where one is hidden or damaged."""
    try:
        before = here.archive.snapshot(found.article.wiki, found.before.id)
        after = here.archive.snapshot(found.article.wiki, found.after.id)
    except Corrupt:
        return None
    if before.wikitext is None or after.wikitext is None:
        return None
    watch = here.services.index.watch_of(found.article)
    policy = policy_of(watch) if watch else Policy()
    return here.compare(before, after, policy=policy, dialect=here.dialect(found.article.wiki))


@router.post("/finding/{number}", response_class=RedirectResponse)
def decide(number: int, here: Here, reader: Reviewer, wish: Wish) -> RedirectResponse:
    """Acknowledge, dismiss, assign or note; then the finding again, with a word about it."""
    batch = here.archive.act([stored_id(number)], wish, reader.name, here.now())
    return RedirectResponse(f"/finding/{number}?done={batch}", 303)


@router.post("/finding/{number}/mute", response_class=RedirectResponse)
def mute(
    number: int,
    here: Here,
    reader: Reviewer,
    words: Annotated[str, Form(max_length=300)] = "",
    until: Text = "",
) -> RedirectResponse:
    """Mute the statistic of the finding in its article, or without words the rule that found it there."""
    if until not in UNTIL:
        raise HTTPException(400, "Choose for how long.")
    days = UNTIL[until][1]
    found = here.archive.review(stored_id(number))
    try:
        mute_finding(here.services, found, reader.name, words=words, until=None if days is None else timedelta(days))
    except ValueError as error:
        raise HTTPException(400, f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    step = next(one for one in here.archive.steps(number)[::-1] if one.deed is Deed.MUTE)
    return RedirectResponse(f"/finding/{number}?done={step.batch}", 303)


@router.post("/finding/{number}/undo", response_class=RedirectResponse)
def undo(number: int, here: Here, reader: Reviewer) -> RedirectResponse:
    """Take the newest step back."""
    step = here.archive.last_step(stored_id(number))
    batch = take_back(here.services, [step], reader.name) if step else 0
    return RedirectResponse(f"/finding/{number}?done={batch}", 303)
