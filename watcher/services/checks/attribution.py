"""Attribute the findings of a comparison to edits and editors, and recognize names of one page or image.

A comparison may cover several edits. The editor of the newest revision made only some of its findings: somebody who
corrects a comma after a vandal must not be named for the vandal's number.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from watcher import model
from watcher.config import Destination, Watch, finding_reason, is_trusted
from watcher.errors import FETCH_ERRORS
from watcher.model.changes import PAGE
from watcher.model.ledger import EditVerb, ElementState, LedgerEdit, value_of
from watcher.services.alerting.facts import similar_sentences
from watcher.services.context import AppContext
from watcher.services.history.ledger import PendingEdits
from watcher.text.links import link_targets

MAX_CONTEXTS: Final = 32
"""How many edits of a comparison are judged with their context, which takes two statements for each."""


def name_edits(
    services: AppContext, watch: Watch, comparison: model.Comparison, pending: PendingEdits
) -> model.Comparison:
    """Attribute each finding to its edit, using what the revisions between the two sides did.

    Also look up the editors' accounts, which may send a request to the wiki. Raises StoreError.
    """
    after = comparison.after
    if comparison.before is None or after is None or not comparison.findings or comparison.is_of_one_revision:
        return comparison
    if after.id < comparison.before.id and after.order < comparison.before.order:
        shown = (_restoration(services, comparison.before, after),)
        return replace(comparison, findings=tuple(replace(finding, edits=shown) for finding in comparison.findings))
    edits = attribute(comparison, pending)
    findings = [
        # A change that is reported again because of a later edit already has the edit that made it.
        replace(finding, edits=tuple(dict.fromkeys((*finding.edits, *made))))
        for finding, made in zip(comparison.findings, edits, strict=True)
    ]
    described = describe_accounts(services, watch, findings)
    for index, finding in enumerate(findings):
        findings[index] = replace(finding, edits=tuple(described.get(edit.id, edit) for edit in finding.edits))
    return replace(comparison, findings=tuple(findings), after=described.get(after.id, after))


_HISTORY_ACTIONS: Final = ("delete/delete", "delete/restore")


def _restoration(services: AppContext, before: model.Revision, after: model.Revision) -> model.Revision:
    """Return the act by which readers see a revision from before the last judged one, as an edit of that revision.

    Whoever restored only a part of the page's history made it, and not the editor of that revision. Without an entry in
    the wiki's log, they are unknown.
    """
    # Without a parent, as it has no difference of its own on the wiki.
    act = model.Revision(
        article=after.article, id=after.id, parent_id=0, at=services.now(), editor=None, comment=None,
        size=after.size, sha1=after.sha1,
    )  # fmt: skip
    with suppress(*FETCH_ERRORS):  # the alert is sent without a name rather than late
        entries = services.client(after.article.wiki).log_entries(after.article.title, "delete")
        made = (entry for entry in entries if entry.action in _HISTORY_ACTIONS and entry.at >= before.at)
        if entry := next(made, None):
            return replace(act, at=entry.at, editor=entry.user, comment=entry.comment)
    return act


def judge_in_context(services: AppContext, watch: Watch, comparison: model.Comparison) -> model.Comparison:
    """Judge findings in the context of their edits, and mark those that the watch's filters leave out.

    Only the database is read. Raises StoreError.
    """
    if comparison.before is None or comparison.after is None or comparison.is_of_one_revision:
        return comparison
    from watcher.judge.context import HISTORY, EditContext, add_context

    findings: Sequence[model.Finding] = comparison.findings
    # What has no parent is no edit of the text, but for example the restoration of an earlier one.
    attributed = [item for item in findings if len(item.edits) == 1 and item.edits[0].parent_id]
    attributed.sort(key=lambda item: -item.severity)
    edits = [*{finding.edits[0].id: finding.edits[0] for finding in attributed}.values()][:MAX_CONTEXTS]
    if edits:  # the most severe findings first
        archive, newest = services.archive, max(edits, key=lambda edit: edit.order)
        alerts = attributed[0].severity >= model.Severity.MEDIUM
        with archive.database.view():
            flips = archive.comparisons.changed_sentences(newest) if alerts else {}
            history = archive.revisions.history(newest, HISTORY + len(edits))
            contexts = {
                edit.id: EditContext(
                    edit=edit,
                    earlier_edits=archive.revisions.earlier_edits(edit),
                    flips=flips,
                    history=[past for past in history if past.order < edit.order][-HISTORY:],
                )
                for edit in edits
            }
        # IP addresses and new accounts are never trusted, even if a pattern matches their names.
        findings = add_context(
            findings, contexts, lambda edit: edit.account == "registered" and is_trusted(watch, edit)
        )
    judged = (replace(finding, filtered=finding_reason(watch, finding, finding.edits)) for finding in findings)
    return replace(comparison, findings=tuple(judged))


def describe_accounts(
    services: AppContext, watch: Watch, findings: Sequence[model.Finding]
) -> dict[int, model.Revision]:
    """Return the edits of findings with account data or a revert risk that was looked up now, by id, to be stored.

    Accounts are looked up for findings that are usually alerted, that count if made by newcomers, or that may put an
    open finding right in other words, or for all if a filter needs that: many editors in one request, each at most once
    an hour. Without an answer, the alert is sent without the data. Raises StoreError.
    """
    from watcher.judge.context import alerts_for_newcomer

    tables: tuple[Watch | Destination, ...] = (watch, *services.watchlist.destinations)
    filters = [edits for table in tables for edits in (table.ignore, table.only) if edits]
    usual = min(watch.threshold, model.Severity.MEDIUM)
    lowest = model.Severity.INFO if any(edits.asks_account for edits in filters) else usual
    unknown = [
        (finding, edit)
        for finding in findings
        for edit in finding.edits
        if edit.account == "registered" and edit.edit_count is None
    ]
    rewording = [edit for finding, edit in unknown if finding.change.kind is model.Kind.CLAIM_CHANGED]
    may_restore = bool(rewording) and bool(services.archive.reviews.open_findings(rewording[0].article, 1))
    edits = {
        edit.id: edit
        for finding, edit in unknown
        if finding.severity >= lowest or (may_restore and edit in rewording) or alerts_for_newcomer(finding)
    }
    # prop=revisions returns flags and tags of an edit, but nothing about the account; list=users does (API:Users).
    names = {edit.editor for edit in edits.values() if edit.editor}
    accounts = services.accounts.find(
        watch.wiki, names, services.now(), lambda asked: services.client(watch.wiki).accounts(asked)
    )
    described = {
        number: replace(
            edit,
            bot=account.bot,
            new_account=account.is_new(edit.at),
            groups=account.groups,
            registered_at=account.registered_at,
            edit_count=account.edit_count,
        )
        for number, edit in edits.items()
        if (account := accounts.get(edit.editor or ""))
    }
    alerted = {
        edit.id: described.get(edit.id, edit)
        for finding in findings
        if finding.severity >= usual
        for edit in finding.edits
        if not edit.text_hidden
    }
    return described | revert_risks(services, watch.wiki, alerted)


_LINK: Final = "link"  # the field of a link with another target
# The fields of a change in which a name may replace another one.
_NAMES: Final = frozenset({_LINK, "entity", "definition", "predicate", "cause", "cell"})
# $wgLegalTitleChars lacks these; the underscore is shown as a blank. A lone surrogate cannot be sent.
_NO_TITLE: Final = re.compile(r"[#<>\[\]{}|_\ud800-\udfff]")
_LONGEST_TITLE: Final = 255  # bytes; the limit of MediaWiki
_MAX_NAMES: Final = 50  # of one comparison: the limit of one request
SAME_NAMES: Final = frozenset({"same-page", "same-picture"})
"""The codes of the reasons for lowering a change because both names are of one page or image."""


def with_other_names(services: AppContext, watch: Watch, comparison: model.Comparison) -> model.Comparison:
    """Lower findings that only replace a name of a page or image by another name of it: a redirect, a renamed file.

    The wiki is asked only if an alert depends on it, and once an hour about each name, since one edit is compared with
    several earlier texts. Without an answer, the findings stay as they are. Raises StoreError.
    """
    alerting = {
        number: finding.change
        for number, finding in enumerate(comparison.findings)
        if finding.severity >= watch.threshold and not finding.change.is_pinned
    }
    titles = {number: pairs for number, change in alerting.items() if (pairs := _replaced_targets(change))}
    files = {
        number: [(change.old.file, change.new.file)]
        for number, change in alerting.items()
        if change.kind is model.Kind.FIGURE_REPLACED
        and isinstance(change.old, model.Figure)
        and isinstance(change.new, model.Figure)
    }

    def page_ids(names: list[str]) -> dict[str, tuple[int, bool] | None]:
        pages = services.client(watch.wiki).latest(names)
        return {
            name: (page.article.page_id, page.redirected_to is None) if page.article else None
            for name, page in zip(names, pages, strict=True)
        }

    now = services.now()
    pages = services.page_ids.find(watch.wiki, _distinct(titles.values()), now, page_ids)
    images = services.file_digests.find(
        watch.wiki, _distinct(files.values()), now, lambda names: services.client(watch.wiki).image_digests(names)
    )
    if files and comparison.article:  # a duplicate may have been deleted under its old name
        images |= services.archive.images.digests(comparison.article).digests
    findings = list(comparison.findings)

    def are_same_page(old: str, new: str) -> bool:
        # Two redirects may name two parts of a subject: "bull market" and "bear market" both lead to "Market trend".
        known = [pages.get(name) or (name, False) for name in (old, new)]
        return known[0][0] == known[1][0] and any(is_own_title for _, is_own_title in known)

    def are_same_image(old: str, new: str) -> bool:
        return images.get(old) is not None and images.get(old) == images.get(new)

    for names, is_same, what in ((titles, are_same_page, "page"), (files, are_same_image, "picture")):
        for number, pairs in names.items():
            if all(is_same(old, new) for old, new in pairs):
                text = "; ".join(f"“{old}” and “{new}” are names of one {what}" for old, new in pairs)
                reasons = (*findings[number].reasons, model.Reason(code=f"same-{what}", text=text))
                findings[number] = replace(findings[number], severity=model.Severity.LOW, reasons=reasons)
    return replace(comparison, findings=tuple(findings))


def _distinct(names: Iterable[Sequence[tuple[str, str]]]) -> list[str]:
    return [*dict.fromkeys(name for pairs in names for pair in pairs for name in pair)][:_MAX_NAMES]


def _replaced_targets(change: model.Change) -> Sequence[tuple[str, str]]:
    """Return the pairs of titles that were replaced: targets of links, or plain words; () if anything else changed."""
    if change.kind is not model.Kind.CLAIM_CHANGED or not change.fields:
        return ()
    sides = [link_targets(text) for text in change.wikitext]
    pairs = []
    for item in change.fields:
        if item.name not in _NAMES or not item.old or not item.new:
            return ()
        old, new = (
            # A link field contains wikitext. Other fields contain words: of a link's label, from which the target is
            # looked up, or the name itself. A piped link such as [[Ada Hill|a thief]] proves nothing.
            next(iter(link_targets(words).values()), "")
            if item.name == _LINK
            else next((title if label == title else "" for label, title in links.items() if words in label), words)
            for links, words in zip(sides, (item.old, item.new), strict=True)
        )
        if any(not each or _NO_TITLE.search(each) or len(each.encode()) > _LONGEST_TITLE for each in (old, new)):
            return ()
        pairs.append((old, new))
    return tuple(dict.fromkeys(pairs))


def attribute(comparison: model.Comparison, pending: PendingEdits) -> tuple[tuple[model.Revision, ...], ...]:
    """Return the edits that made each finding, in the order of `comparison.findings`.

    This is the last edit that wrote the finding's words or touched its element; if several edits wrote the words, the
    last one for each word. If elements cannot be told apart, or a text between two edits is hidden, all edits that may
    have made the finding are returned.
    """
    all_edits = pending.revisions
    if len(all_edits) == 1 or not pending.is_complete:
        return (all_edits,) * len(comparison.findings)
    window = _Window(pending)
    return tuple(window.edits_of(finding.change) or all_edits for finding in comparison.findings)


_Step = tuple[LedgerEdit, str, str]  # an edit, and the text of an element or sentence before and after it


@dataclass(slots=True)
class _NetChange:
    """The net change of one element over all edits of a window, and the last edit that changed more than its source."""

    kind: str
    before: ElementState | None
    after: ElementState | None
    edit: LedgerEdit | None = None
    steps: list[_Step] = field(default_factory=list)


def _edits_that_wrote(change: model.Change, steps: Sequence[_Step], last: LedgerEdit | None) -> Iterator[LedgerEdit]:
    """Yield for each new part of a change the last edit that wrote it, or `last` if none did."""
    parts = [item.new for item in change.fields] or [change.new.file if isinstance(change.new, model.Figure) else None]
    for part in parts:
        wrote = (edit for edit, was, now in reversed(steps) if part and part in now and part not in was)
        if edit := next(wrote, last):
            yield edit


class _Window:
    """The edits between the two sides of a comparison, indexed by the elements that they changed."""

    def __init__(self, pending: PendingEdits) -> None:
        self.edits = pending.edits
        # Each edit's revision with the hidden ones right before it, which may have made its changes.
        self.gaps, gap = dict[int, tuple[model.Revision, ...]](), list[model.Revision]()
        read = {edit.revision.id for edit in pending.edits}
        for revision in pending.revisions:
            gap.append(revision)
            if revision.id in read:
                self.gaps[revision.id], gap = tuple(gap), []
        self.nets: dict[int, _NetChange] = {}
        for edit in pending.edits:
            for entry in edit.entries:
                net = self.nets.setdefault(entry.key, _NetChange(entry.kind, entry.before, entry.after))
                net.after = entry.after
                net.steps.append((edit, _text_of(entry.before), _text_of(entry.after)))
                if entry.verb is not EditVerb.KNOWN and (entry.verb is not EditVerb.RESOURCED or net.edit is None):
                    net.edit = edit

    def edits_of(self, change: model.Change) -> tuple[model.Revision, ...]:
        """Return the revisions that may have made a change; () if that is unknown."""
        if change.cells:
            return tuple(dict.fromkeys(revision for cell in change.cells for revision in self.edits_of(cell)))
        made = self._by_element(change) or self._by_sentence(change)
        if not made and any(
            item.name == PAGE for item in change.fields
        ):  # of the whole page: the edit that changed most
            made = [max(reversed(self.edits), key=lambda edit: len(edit.sentences))]
        ids = {edit.revision.id for edit in made}
        return tuple(
            revision for edit in self.edits if edit.revision.id in ids for revision in self.gaps[edit.revision.id]
        )

    def _by_element(self, change: model.Change) -> list[LedgerEdit]:
        """Return the edits of elements with the old and new state of a change, preferring those in its sentence."""
        kind = change.kind.subject
        alike = [net for net in self.nets.values() if net.kind == kind and net.edit]
        nets = [net for net in alike if _matches(net.before, change.old) and _matches(net.after, change.new)]
        if not nets and isinstance(change.new, model.Reference | model.Figure):
            # The new source or image may have been in the article before: then it has its former key again.
            nets = [net for net in alike if net.before is None and _matches(net.after, change.new)]
        texts = [text for text in (change.old_sentence, change.new_sentence) if text]
        in_sentence = [
            net
            for net in nets
            if any(
                side and side.sentence and side.sentence in text for side in (net.before, net.after) for text in texts
            )
        ]
        return [edit for net in in_sentence or nets for edit in _edits_that_wrote(change, net.steps, net.edit)]

    def _by_sentence(self, change: model.Change) -> list[LedgerEdit]:
        """Return the edits that wrote the new sentence or removed the old one; else those of a similar sentence."""
        old, new = change.old_sentence, change.new_sentence
        if old is None and new is None:
            return []
        steps, text = list[_Step](), new
        for edit in reversed(self.edits):
            if new is None and any(before == old for before, _ in edit.sentences):
                return [edit]
            was = next((before for before, after in edit.sentences if text and after == text), None)
            if was is not None:
                steps.insert(0, (edit, was, text or ""))
                text = was
        if steps:
            return [*_edits_that_wrote(change, steps, steps[-1][0])]
        return [
            edit
            for edit in reversed(self.edits)
            if any(text and similar_sentences(text, new or old or "") for pair in edit.sentences for text in pair)
        ]


def _text_of(state: ElementState | None) -> str:
    """Return the text of an element: its sentence, or the file and caption of an image."""
    if state is None:
        return ""
    match state.element:
        case model.Figure(file=file, caption=caption):
            return f"{file}\n{caption}"
        case _:
            return state.sentence or ""


def _matches(state: ElementState | None, element: model.Element | None) -> bool:
    """Return whether the state of an element matches one side of a change; claims are compared by their sentences."""
    if state is None or element is None:
        return state is None and element is None
    match state.element, element:
        case model.Reference(source=own), model.Reference(source=other):
            return own == other
        case model.Figure(file=own), model.Figure(file=other):
            return own == other
        case model.Section(path=path), model.Section(path=same):
            return path == same
        case model.Claim(), model.Claim(text=text):
            return similar_sentences(state.sentence, text)
        case own_element, other_element:
            return value_of(own_element) == value_of(other_element)


MAX_RISK_REQUESTS: Final = 5
"""How many edits of a check the revert-risk model is asked about, since alerts wait for it."""
_MAX_CACHED: Final = 10_000
_PAUSE: Final = timedelta(minutes=10)  # after a request without an answer

_LOG = logging.getLogger("watcher")


def revert_risks(services: AppContext, wiki: str, edits: Mapping[int, model.Revision]) -> dict[int, model.Revision]:
    """Return the edits, by id, for which the wiki's revert-risk model has a prediction; {} without a model.

    The risk is a hint for reviewers, not a reason. Lift Wing's models take a revision and its Wikipedia's language:
    https://api.wikimedia.org/wiki/Lift_Wing_API/Reference/Get_revert_risk_language_agnostic_prediction

    Each edit is asked about once; without an answer, the alert is sent without the risk. Raises StoreError.
    """
    site = services.watchlist.wiki(wiki)
    if site.revert_risk is None:
        return {}
    from watcher.fetch.transport import url_transport

    known = services.revert_risks
    for number in [number for number in edits if (wiki, number) not in known][:MAX_RISK_REQUESTS]:
        if services.revert_risk_pause and services.now() < services.revert_risk_pause:
            break
        if len(known) > _MAX_CACHED:
            known.clear()
        try:
            with url_transport(
                site.revert_risk,
                contact=services.watchlist.contact,
                allowed_hosts=services.watchlist.allowed_hosts,
                now=services.now,
                timeout=2.0,  # seconds for a step: alerts wait for the answer
            ) as lift_wing:
                answer = lift_wing.post(site.revert_risk, {"rev_id": number, "lang": site.language})
            known[wiki, number] = probability(answer)
        except FETCH_ERRORS as error:  # not asked again at once: each alert would wait for it
            _LOG.warning("the revert risk of revision %s on %s is not known (%s)", number, wiki, error)
            services.revert_risk_pause = services.now() + _PAUSE
    return {
        number: replace(edit, revert_risk=risk)
        for number, edit in edits.items()
        if (risk := known.get((wiki, number))) is not None
    }


def probability(answer: Mapping[str, Any]) -> float | None:
    """Return the probability of a revert from a model's answer, from 0 to 1; None if the answer has none.

    >>> probability({"output": {"prediction": True, "probabilities": {"true": 0.875, "false": 0.125}}})
    0.875
    """
    output = answer.get("output")
    probabilities = output.get("probabilities") if isinstance(output, dict) else None
    value = probabilities.get("true") if isinstance(probabilities, dict) else None
    is_share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return round(float(value), 3) if is_share else None  # type: ignore[arg-type]  # is_share says it is a number
