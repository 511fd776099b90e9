"""Commit a check in one transaction: texts, comparison, findings, cursor and queued alerts."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import BigInteger, Text, bindparam, func, type_coerce
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select, update

from snapshots import cited_statistics, ledger, mutes, outbox, queries, reviews, revisions, sent_facts, texts
from snapshots.articles import save_images
from snapshots.database import Repository, insert_or_ignore, insert_or_ignore_row, reads, writes
from snapshots.events import record_event
from snapshots.records import PATH_SEPARATOR, CheckResult, ComparisonRecord
from snapshots.review_records import FindingRow, ReviewRow, ReviewState
from snapshots.tables import ArticleRow, ComparisonRow, RevisionRow
from watcher.batching import batched
from watcher.errors import Missing
from watcher.model import Article, Comparison, Finding, Kind, Revision, Severity
from watcher.model.changes import editors_of

_CHANGED_FACTS: Final = (Kind.STATISTIC_CHANGED.value, Kind.CLAIM_CHANGED.value)
_RETIRED: Final = "not found any more by rules"
_MAX_BEFORE: Final = 20  # how many comparisons up to a revision are searched for findings that its text may contain
_MAX_CHANGED: Final = 200  # findings whose sentences are compared with those of an edit: an edit war is shorter
# The subquery selects ids first: sorting rows together with their JSON would read the JSON of all rows.
_LAST_CHANGES: Final = (
    select_columns(col(ReviewRow.finding_id), col(RevisionRow.revision_id))
    .join(ComparisonRow, col(ComparisonRow.id) == col(ReviewRow.comparison_id))
    .join(RevisionRow, col(RevisionRow.id) == col(ComparisonRow.after_id))
    .where(
        col(ReviewRow.article_id) == bindparam("page"),
        col(ReviewRow.kind).in_(_CHANGED_FACTS),
        queries.time_order() < queries.POINT,
    )
    .order_by(col(ReviewRow.finding_id).desc())
    .limit(_MAX_CHANGED)
    .subquery()
)
_CHANGES: Final = (
    select_columns(type_coerce(col(FindingRow.body), Text), _LAST_CHANGES.c.revision_id)
    .join(_LAST_CHANGES, _LAST_CHANGES.c.finding_id == col(FindingRow.id))
    .order_by(col(FindingRow.id).desc())
)
_BEFORE: Final[Any] = aliased(RevisionRow)
_AFTER: Final[Any] = aliased(RevisionRow)
_FROM_REVISION: Final = (
    select_columns(col(ComparisonRow.id))
    .where(col(ComparisonRow.article_id) == bindparam("page"), col(ComparisonRow.before_id) == bindparam("row"))
    .limit(1)
)
_UNTIL: Final = (
    select_columns(col(ComparisonRow.worst), _BEFORE.sha1, _AFTER.sha1)
    .join(_BEFORE, _BEFORE.id == col(ComparisonRow.before_id))
    .join(_AFTER, _AFTER.id == col(ComparisonRow.after_id))
    .where(col(ComparisonRow.article_id) == bindparam("page"), queries.time_order(_AFTER) <= queries.POINT)
    .order_by(col(ComparisonRow.id).desc())
    .limit(_MAX_BEFORE)
)
_OWNER: Final[Any] = bindparam("owner", type_=Text)
_MOVED: Final = (
    update(ArticleRow)
    .where(
        col(ArticleRow.id) == bindparam("row"),
        col(ArticleRow.cursor).is_not_distinct_from(bindparam("expected", type_=BigInteger)),
        # The fencing condition is part of the statement, so that no other worker can take the lease in between.
        or_(_OWNER.is_(None), col(ArticleRow.lease_owner) == _OWNER),
    )
    .values(cursor=bindparam("judged"))
    .returning(col(ArticleRow.id), col(ArticleRow.wiki), col(ArticleRow.page_id), col(ArticleRow.title))
)


@lru_cache(maxsize=4 * _MAX_CHANGED)
def _changed_sentences(body: str) -> tuple[tuple[str, str, str], ...]:
    """Return the label, old sentence and new sentence of a stored finding, and of each of its table cells."""
    finding = json.loads(body)
    parts = ((part.get("label") or "", part.get("sentence") or {}) for part in (finding, *(finding.get("cells") or ())))
    return tuple((label, sides["old"], sides["new"]) for label, sides in parts if sides.get("old") and sides.get("new"))


def _store_comparison(
    session: Session, owner: Any, result: CheckResult, comparison: Comparison, sides: tuple[int, int]
) -> int:
    """Store a comparison and return its id; `sides` are the row ids of its two revisions."""
    pair = {"article_id": owner.id, "before_id": sides[0], "after_id": sides[1]}
    columns = pair | {
        "at": result.now,
        "parser": result.parser,
        "rules": result.rules,
        "worst": comparison.worst,
        "unread": [{"reason": unread.reason, "section": list(unread.location.section)} for unread in comparison.unread],
    }
    if (new := insert_or_ignore_row(session, ComparisonRow, columns, "id")) is not None:
        _add_findings(session, new.id, owner, result, comparison)
        return int(new.id)
    same = [col(getattr(ComparisonRow, name)) == value for name, value in pair.items()]
    known = session.exec(select(ComparisonRow).where(*same)).one()
    # The comparison is known: a page that was deleted and restored passes the same revisions again. Only changes of
    # the images or the rendering of one revision (both sides are equal) are found by several checks, and add findings.
    if sides[0] == sides[1]:
        _add_findings(session, known.id, owner, result, comparison, _next_position(session, known))
        if known.worst is None or (comparison.worst is not None and comparison.worst > known.worst):
            known.worst = comparison.worst
            session.add(known)
    return known.id


def _next_position(session: Session, row: ComparisonRow) -> int:
    last = func.coalesce(func.max(FindingRow.position), -1)
    return session.exec(select(last).where(col(FindingRow.comparison_id) == row.id)).one() + 1


def _add_findings(
    session: Session, comparison_id: int, owner: Any, result: CheckResult, comparison: Comparison, first: int = 0
) -> None:
    """Store the findings of a comparison, at positions from `first` on, and add them to the review queue."""
    if not comparison.findings:
        return
    rows = [
        _columns(finding) | {"comparison_id": comparison_id, "position": position}
        for position, finding in enumerate(comparison.findings, first)
    ]
    ids: dict[int, int] = dict(insert_or_ignore(session, FindingRow, rows, "position", "id"))
    muted = {first + position: mute_id for position, mute_id in result.muted_findings}
    last_editor = comparison.after.editor if comparison.after else result.after.editor
    edit_ids = reviews.edit_ids(session, comparison_id) if first else {}
    queued, joined = [], dict[tuple[str, int], int]()
    for row, finding in zip(rows, comparison.findings, strict=True):
        number, mute_id, change = ids[row["position"]], muted.get(row["position"]), finding.change
        edits = reviews.edits_of(row["body"])
        edit_id = edit_ids.setdefault(edits, number)
        # The digest of editor and summary, which edits of other articles may share.
        common = None if finding.through else (finding.edits[-1] if finding.edits else result.after).series
        series = common and sha256(common.encode("utf-8", "replace")).hexdigest()[:16]
        if series:
            key = series, edit_id  # the findings of one edit are in one series
            if key not in joined:
                joined[key] = reviews.join_series(session, series, owner.id, edit_id, result.now)
            edit_id = joined[key]
        editor = editors_of(finding.edits) if finding.edits else last_editor
        named = (owner.title, editor, *row["section"], row["summary"], *map(str, edits or (result.after.id,)))
        words = (*named, change.old_sentence, change.new_sentence)
        queued.append(
            {
                "finding_id": number,
                "comparison_id": comparison_id,
                "article_id": owner.id,
                "at": result.now,
                "edit_id": edit_id,
                "rank": finding.rank,
                "kind": row["kind"],
                "section": PATH_SEPARATOR.join(row["section"]),
                "editor": editor,
                "words": "\n".join(word for word in words if word).casefold()[: reviews.MAX_WORDS_LENGTH],
                "state": (ReviewState.OPEN if mute_id is None else ReviewState.MUTED).value,
                "muted_by": mute_id,
                "series": series,
            }
        )
    insert_or_ignore(session, ReviewRow, queued)
    undoing = {ids[first + position]: note for position, note in result.undoing_findings}
    reviews.resolve(session, undoing, result.now)
    later = {ids[first + position]: finding.sources_to_read for position, finding in enumerate(comparison.findings)}
    cited_statistics.request_sources(session, later, result.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudgement:
    """The result of judging a stored comparison with a newer version of the rules.

    `same` maps the ids of stored findings to their new versions. `retired` are the ids of findings that the rules no
    longer find, `returned` the ids in `same` that an earlier version of the rules had no longer found. `muted` pairs
    positions in `added` with the ids of the mutes that suppress them.
    """

    comparison_id: int
    comparison: Comparison
    parser: str
    rules: str
    same: Mapping[int, Finding]
    retired: Sequence[int]
    added: Sequence[Finding]
    returned: Sequence[int] = ()
    muted: tuple[tuple[int, int], ...] = ()


def _columns(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.change.kind.value,
        "rule": finding.rule,
        "severity": int(finding.severity),
        "section": list(finding.change.location.section),
        "summary": finding.summary,
        "body": finding.to_dict(),
    }


def _select_comparisons(session: Session, conditions: Sequence[Any], limit: int) -> tuple[ComparisonRecord, ...]:
    before, after = aliased(RevisionRow), aliased(RevisionRow)
    count = select(func.count()).where(col(FindingRow.comparison_id) == col(ComparisonRow.id)).scalar_subquery()
    requested: Any = (  # SQLModel has no overloads for four tables and a count
        select(ComparisonRow, ArticleRow, before, after)
        .add_columns(count)
        .join(ArticleRow, col(ArticleRow.id) == col(ComparisonRow.article_id))
        .join(before, col(before.id) == col(ComparisonRow.before_id))
        .join(after, col(after.id) == col(ComparisonRow.after_id))
        .where(*conditions)
        .order_by(col(ComparisonRow.id).desc())
        .limit(limit)
    )
    return tuple(
        queries.to_record(
            ComparisonRecord,
            row,
            article=queries.to_article(owner),
            before=queries.to_revision(old, queries.to_article(owner)),
            after=queries.to_revision(new, queries.to_article(owner)),
            worst=None if row.worst is None else Severity(row.worst),
            findings=findings,
        )
        for row, owner, old, new, findings in session.exec(requested)
    )


class ComparisonRepository(Repository):
    """The results of checks: comparisons with their findings."""

    @writes
    def commit(self, session: Session, result: CheckResult) -> int | None:
        """Write the result of a check: texts, comparison, findings, cursor and queued alerts, or nothing at all.

        Return the id of the comparison, or 0 if there is none (a baseline). Return None if nothing was written because
        meanwhile another worker moved the cursor away from `result.before` or took the page's lease, a delivery to be
        replaced was tried, or a mute ended that suppresses something. Raise Missing if a revision is not stored.
        """
        before = result.before
        given = {"row": queries.row_id(session, result.article), "judged": result.after.id, "owner": result.owner}
        owner = session.connection().execute(_MOVED, given | {"expected": before and before.id}).first()
        if owner is None:
            return None
        sides = [side.id for side in (before, result.after) if side is not None]
        known = queries.revision_rows(
            session, owner.wiki, [*{*sides, *(edit.revision.id for edit in result.snapshots)}]
        )
        revisions.store(session, result.article, result.snapshots, result.now, owner, known)
        if not known.keys() >= {*sides}:
            known = queries.revision_rows(session, owner.wiki, sides)
        if unknown := {*sides} - known.keys():
            raise Missing(f"revision {min(unknown)} of {owner.wiki} is not stored: nothing was written")
        comparison_id = None
        if before is not None and result.comparison is not None:
            ids = known[before.id].id, known[result.after.id].id
            comparison_id = _store_comparison(session, owner, result, result.comparison, ids)
        # The summary of a mute that has ended meanwhile would lack what this check suppresses.
        muted = mutes.are_open(session, {*result.suppressing_mutes, *dict(result.muted_findings).values()})
        if not muted or not sent_facts.supersede(session, result.superseded, result.now):
            session.rollback()
            return None
        sent_facts.rename_sections(session, owner.id, result.renamed_sections)
        for alert in result.alerts:
            outbox.queue(session, alert, result.now, article_id=owner.id, comparison_id=comparison_id)
        sent_facts.close(session, result.outdated_facts, result.now)
        reviews.resolve(session, dict(result.undone_findings), result.now)
        if before is not None:
            mutes.record_suppressed(session, owner.id, before.id, result.suppressing_mutes)
        if result.images is not None:
            save_images(session, result.article, result.images)
        if result.rendered is not None:
            texts.save_rendering(session, result.article, result.rendered)
        if result.ledger is not None:
            ledger.append(session, owner.id, result.ledger, result.now)
        for event in result.events:
            record_event(session, result.article, event.kind, event.detail, event.at, event.revision_id)
        return comparison_id or 0

    @writes
    def rejudge(self, session: Session, judged: Rejudgement, now: datetime) -> None:
        """Store how newer rules judge a comparison; send nothing, and keep the decisions of reviewers.

        Undecided findings get their new severity. They are resolved if the rules no longer find them, and reopened if
        later rules do. New findings are open, or resolved if a reviewer has decided about a finding of the comparison.
        """
        row = session.get(ComparisonRow, judged.comparison_id)
        owner = session.get(ArticleRow, row.article_id) if row else None
        if row is None or owner is None:
            raise Missing(f"comparison {judged.comparison_id} is not stored")
        decided = reviews.decided_ids(session, row.id)
        for finding_id, finding in judged.same.items():
            if finding_id not in decided:
                session.exec(update(FindingRow).where(col(FindingRow.id) == finding_id).values(_columns(finding)))
                queued = {"kind": finding.change.kind.value, "rank": finding.rank}
                session.exec(update(ReviewRow).where(col(ReviewRow.finding_id) == finding_id).values(queued))
            elif row_of := session.get(FindingRow, finding_id):
                # A decided finding stays as the reviewer saw it; the mark keeps the next rejudgement from counting it.
                row_of.body = {**row_of.body, "rejudged": finding.severity.label}
        # Findings that the rules no longer find are marked, too, so that the next rejudgement does not count them.
        for ids in batched([*judged.retired, *judged.returned], queries.IDS_IN_STATEMENT):
            for known in session.exec(select(FindingRow).where(col(FindingRow.id).in_(ids))):
                mark = {} if known.id in judged.returned else {"retired": judged.rules}
                known.body = {name: value for name, value in known.body.items() if name != "retired"} | mark
        reviews.resolve(session, dict.fromkeys(judged.retired, f"{_RETIRED} {judged.rules}"), now)
        reviews.reopen(session, judged.returned, _RETIRED, now)
        assert judged.comparison.after is not None
        result = CheckResult(
            article=queries.to_article(owner), before=judged.comparison.before, after=judged.comparison.after, now=now,
            muted_findings=judged.muted,
        )  # fmt: skip
        first = _next_position(session, row)
        added = replace(judged.comparison, findings=tuple(judged.added))
        _add_findings(session, row.id, owner, result, added, first)
        if decided:
            new = select(FindingRow.id).where(
                col(FindingRow.comparison_id) == row.id, col(FindingRow.position) >= first
            )
            note = f"found by rules {judged.rules} in an edit that was decided"
            reviews.resolve(session, dict.fromkeys(session.exec(new), note), now)
        row.parser, row.rules, row.worst = judged.parser, judged.rules, judged.comparison.worst
        session.add(row)

    @reads
    def changed_sentences(self, session: Session, before: Revision) -> dict[tuple[str, str, str], list[int]]:
        """Map the last changes of sentences with facts before a revision of its page to the wiki's revision ids.

        The keys are label, old sentence and new sentence.
        """
        point = {"page": queries.row_id(session, before.article), "at": before.at, "number": before.id}
        changes = defaultdict[tuple[str, str, str], list[int]](list)
        for body, number in session.connection().execute(_CHANGES, point).all():
            for change in _changed_sentences(body):
                changes[change].append(number)
        return changes

    @reads
    def since(self, session: Session, at: datetime) -> tuple[int, ...]:
        """List the ids of the comparisons of two different revisions since a time, oldest first."""
        rows = select(ComparisonRow.id).where(
            col(ComparisonRow.at) >= at, col(ComparisonRow.before_id) != col(ComparisonRow.after_id)
        )
        return tuple(session.exec(rows.order_by(col(ComparisonRow.id))))

    @reads
    def was_accepted(self, session: Session, article: Article, revision: Revision, threshold: Severity) -> bool:
        """Return whether a revision was judged and its text contains no finding at or above `threshold`.

        Findings of the last comparisons before it count, too, unless the text from before the finding was restored.
        """
        page, connection = queries.row_id(session, article), session.connection()
        row = queries.revision_rows(session, article.wiki, [revision.id]).get(revision.id)
        # The next comparison starts from a judged revision; a revision between two checks is on neither side.
        if row is None or connection.execute(_FROM_REVISION, {"page": page, "row": row.id}).first() is None:
            return False
        restored = set[str | None]()
        for worst, old, new in connection.execute(
            _UNTIL, {"page": page, "at": row.at, "number": row.revision_id}
        ).all():
            restored.add(new)
            if worst is not None and worst >= threshold and (old is None or old not in restored):
                return False
        return True

    @reads
    def of_article(
        self, session: Session, article: Article, limit: int = 100, *, until: Revision | None = None
    ) -> tuple[ComparisonRecord, ...]:
        """List the comparisons of a page, newest first; with `until`, only those of revisions not newer than it."""
        page = queries.row_id(session, article)
        conditions = [col(ComparisonRow.article_id) == page]
        if until is not None:
            earlier = select(RevisionRow.id).where(col(RevisionRow.article_id) == page, col(RevisionRow.at) <= until.at)
            conditions.append(col(ComparisonRow.after_id).in_(earlier))
        return _select_comparisons(session, conditions, limit)

    @reads
    def get(self, session: Session, comparison_id: int) -> ComparisonRecord:
        """Read one comparison; raise Missing if it is not stored."""
        result = _select_comparisons(session, [col(ComparisonRow.id) == comparison_id], 1)
        if not result:
            raise Missing(f"comparison {comparison_id} is not stored")
        return result[0]

    @reads
    def between(self, session: Session, wiki: str, before_id: int, after_id: int) -> ComparisonRecord | None:
        """Return the comparison of two revisions, by the wiki's ids; None if it is not stored."""
        sides = (col(ComparisonRow.before_id), before_id), (col(ComparisonRow.after_id), after_id)
        of_wiki = select(RevisionRow.id).where(col(RevisionRow.wiki) == wiki)
        pair = [column.in_(of_wiki.where(col(RevisionRow.revision_id) == number)) for column, number in sides]
        return next(iter(_select_comparisons(session, pair, 1)), None)

    @reads
    def worst_findings(
        self, session: Session, article: Article, revision_ids: Sequence[int]
    ) -> dict[int, tuple[int, int | None]]:
        """Map each compared revision of these to its comparison and the worst finding in it (None: no finding)."""
        after = RevisionRow
        compared: Any = (
            select(after.revision_id, ComparisonRow.id, ReviewRow.finding_id)
            .join(ComparisonRow, col(ComparisonRow.after_id) == col(after.id))
            .outerjoin(ReviewRow, col(ReviewRow.comparison_id) == col(ComparisonRow.id))
            .where(
                col(after.article_id) == queries.row_id(session, article),
                col(after.revision_id).in_(revision_ids),
                col(ComparisonRow.before_id) != col(ComparisonRow.after_id),
            )
            .order_by(col(ComparisonRow.id), col(ReviewRow.rank), col(ReviewRow.finding_id).desc())
        )
        return {revision: (number, finding) for revision, number, finding in session.exec(compared)}

    @reads
    def edits_between(self, session: Session, article: Article, before: Revision, after: Revision) -> tuple[int, ...]:
        """List the ids of the queue's edits with findings from comparisons within the span between two revisions."""
        first, last = aliased(RevisionRow), aliased(RevisionRow)
        chosen = (
            select(ReviewRow.edit_id)
            .join(ComparisonRow, col(ComparisonRow.id) == col(ReviewRow.comparison_id))
            .join(first, col(first.id) == col(ComparisonRow.before_id))
            .join(last, col(last.id) == col(ComparisonRow.after_id))
            .where(
                col(ReviewRow.article_id) == queries.row_id(session, article),
                first.at >= before.at,
                last.at <= after.at,
            )
        )
        return tuple(sorted(session.exec(chosen.distinct())))

    @reads
    def activity(
        self, session: Session, article: Article
    ) -> tuple[tuple[datetime, ...], tuple[tuple[datetime, Severity, int], ...]]:
        """Return the times of a page's edits, and (time, severity, count) of the findings in them, oldest first."""
        owner = queries.get_row(session, article)
        at = col(RevisionRow.at)
        edits = select(at).where(col(RevisionRow.article_id) == owner.id).order_by(at)
        result = (
            select(at, col(FindingRow.severity), func.count())
            .join(ComparisonRow, col(ComparisonRow.after_id) == col(RevisionRow.id))
            .join(FindingRow, col(FindingRow.comparison_id) == col(ComparisonRow.id))
            .where(col(ComparisonRow.article_id) == owner.id)
            .group_by(at, col(FindingRow.severity))
            .order_by(at, col(FindingRow.severity))
        )
        findings = ((when, Severity(severity), number) for when, severity, number in session.exec(result))
        return tuple(session.exec(edits)), tuple(findings)

    @reads
    def findings(self, session: Session, comparison_id: int) -> tuple[dict[str, Any], ...]:
        """Read the findings of a comparison as JSON with an `id`, in document order; raise Missing if not stored."""
        if session.get(ComparisonRow, comparison_id) is None:
            raise Missing(f"comparison {comparison_id} is not stored")
        rows = (
            select(FindingRow).where(col(FindingRow.comparison_id) == comparison_id).order_by(col(FindingRow.position))
        )
        return tuple({**row.body, "id": row.id} for row in session.exec(rows))
