"""Store the ledger of an article (what each edit did to its elements) as compact JSON, and read it back."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import zstandard
from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint, bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, delete, func, insert, select, update

from snapshots import queries
from snapshots.database import Repository, reads, writes
from snapshots.tables import ArticleRow, BigId, NumberedTable, RevisionRow, SafeText, UTCDateTime
from watcher.batching import batched
from watcher.errors import Corrupt
from watcher.model import Article, Revision
from watcher.model.ledger import SERIALIZABLE, LedgerEdit, StoredEdit

# The tags with which list rows of a dump begin; a class has its index among the classes, counted from `_FIRST`.
_TUPLE, _DECIMAL, _FIRST = 0, 2, 5
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


class Codec:
    """A serializer of dataclasses and enums of `classes`, tuples, Decimals and JSON's own scalars.

    A value that occurs several times is written once, and read back as one object.
    """

    def __init__(self, classes: Iterable[type]) -> None:
        self._tags = {item: tag for tag, item in enumerate(classes, _FIRST)}
        self._classes = {tag: item for item, tag in self._tags.items()}
        self._fields = {
            item: tuple(f.name for f in fields(item) if f.init and f.metadata.get("stored", True))
            for item in self._tags
            if is_dataclass(item)
        }

    @property
    def version(self) -> str:
        """Return a digest of the classes' fields; values that were written with other fields cannot be read."""
        shape = [(item.__name__, self._fields.get(item, ())) for item in self._tags]
        return sha256(repr(shape).encode()).hexdigest()[:16]

    def dump(self, value: object) -> bytes:
        """Serialize a value as ASCII: rows that refer only to earlier rows; the last one is the value itself.

        Raise TypeError for a value of any other class.
        """
        rows: list[Any] = []
        numbers: dict[object, int] = {}

        def put(value: Any) -> int:
            kind = type(value)
            if kind in _PLAIN:
                row, key = value, value if kind is str else (kind, value)  # 1, 1.0 and True are equal as keys
            elif kind in self._fields:
                row = key = (self._tags[kind], *[put(getattr(value, name)) for name in self._fields[kind]])
            elif kind is tuple:
                row = key = (_TUPLE, *map(put, value))
            elif kind is Decimal:
                row = key = (_DECIMAL, str(value))
            elif kind in self._tags:
                row = key = (self._tags[kind], value.value)
            else:
                raise TypeError(f"a {kind.__name__} cannot be written")
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(rows)
                rows.append(row)
            return number

        last = put(value)
        if last + 1 != len(rows):  # the value is the last row, even if it was written before
            rows.append(rows[last])
        return json.dumps(rows, separators=(",", ":")).encode()

    def load(self, body: bytes) -> Any:
        """Return the value that was dumped; raise Corrupt if `body` is not a dump of values of these classes."""
        made: list[Any] = []
        try:
            for row in json.loads(body):
                value = row
                if type(row) is list:
                    tag, *parts = row
                    if tag == _TUPLE:
                        value = tuple(made[at] for at in parts)
                    elif tag == _DECIMAL:
                        value = Decimal(*parts)
                    elif names := self._fields.get(kind := self._classes[tag]):
                        value = kind(**{name: made[at] for name, at in zip(names, parts, strict=True)})
                    else:
                        value = kind(*parts)
                made.append(value)
            return made[-1]
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Corrupt(f"stored values cannot be read ({error!r}): they are rebuilt from the texts") from error


# Writing repeated values once matters: each of 10,000 statistics of a sentence holds the sentence.
CODEC: Final = Codec(SERIALIZABLE)
_MAX_BYTES: Final = 1 << 30  # bytes; a damaged header must not make us allocate more

LEDGER_VERSION: Final = "3"
"""To be increased with every change in how edits are recorded or written: ledgers of other versions are rebuilt."""


class LedgerHeadRow(NumberedTable, table=True):
    """The progress of an article's ledger: up to `revision_id` (the wiki's), over this many texts and rows of edits.

    `head` holds the keys of the elements of that revision's text.
    """

    article_id: int = Field(foreign_key="article.id", unique=True, sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    texts: int
    edits: int
    version: str = Field(sa_type=SafeText)
    head: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UTCDateTime)


class LedgerEditRow(NumberedTable, table=True):
    """What one edit did to the elements of its article; never changed."""

    __table_args__ = (UniqueConstraint("article_id", "number"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    number: int
    revision_id: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


# Built once: each check of a changed page executes them.
_PAGE: Final[Any] = bindparam("page")
_OLDER: Final = (
    select(RevisionRow.id).where(col(RevisionRow.article_id) == _PAGE, queries.time_order() < queries.POINT).exists()
)
_HEAD_AT: Final = (
    select_columns(*queries.all_columns(LedgerHeadRow), _OLDER.label("has_older"))
    .select_from(ArticleRow)
    .outerjoin(LedgerHeadRow, col(LedgerHeadRow.article_id) == col(ArticleRow.id))
    .where(col(ArticleRow.id) == _PAGE)
)
_EDITS: Final = (
    select_columns(col(LedgerEditRow.revision_id), col(LedgerEditRow.body))
    .where(col(LedgerEditRow.article_id) == _PAGE)
    .order_by(col(LedgerEditRow.number))
)
_MOVED: Final = (
    update(LedgerHeadRow)
    .where(
        col(LedgerHeadRow.article_id) == _PAGE,
        col(LedgerHeadRow.revision_id) == bindparam("before_id"),
        col(LedgerHeadRow.edits) == bindparam("before_edits"),
        col(LedgerHeadRow.version) == LEDGER_VERSION,
    )
    .values({name: bindparam(name) for name in ("revision_id", "texts", "edits", "version", "head", "at")})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerProgress:
    """The progress of an article's ledger: the last recorded revision, the number of texts and rows, and the version.

    The recorder continues from `head`, which is empty if it cannot be read.
    """

    revision_id: int
    texts: int
    edits: int
    version: str
    head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBatch:
    """What a series of revisions did, to append to the ledger at `before` (None: it is new, or `replaces` the old)."""

    before: LedgerProgress | None
    revision_id: int
    texts: int
    head: bytes
    edits: Sequence[LedgerEdit]
    replaces: bool = False


def append(session: Session, page: int, batch: LedgerBatch, now: datetime) -> LedgerProgress | None:
    """Append a batch and return the new progress; return None, and write nothing, if another process was faster."""
    before = batch.before
    first = before.edits if before else 0
    goes_to: dict[str, Any] = {"revision_id": batch.revision_id, "texts": batch.texts, "head": batch.head}
    progress = LedgerProgress(**goes_to, edits=first + len(batch.edits), version=LEDGER_VERSION)
    columns = asdict(progress) | {"head": _packed(batch.head), "at": now}
    if before is None:
        for table in (LedgerEditRow, LedgerHeadRow) if batch.replaces else ():
            session.exec(delete(table).where(col(table.article_id) == page))
        session.connection().execute(insert(LedgerHeadRow), [columns | {"article_id": page}])
    else:
        known = {"page": page, "before_id": before.revision_id, "before_edits": before.edits}
        if session.connection().execute(_MOVED, columns | known).rowcount == 0:
            return None
    bodies = ((edit.revision.id, _packed(CODEC.dump(StoredEdit.of(edit)))) for edit in batch.edits)
    rows = [
        {"article_id": page, "number": number, "revision_id": revision_id, "body": body}
        for number, (revision_id, body) in enumerate(bodies, first)
    ]
    if rows:
        session.connection().execute(insert(LedgerEditRow), rows)
    return progress


def outdate(session: Session, page: int, inserted: Revision) -> None:
    """Let the ledger of a page be recorded again if it lies after a revision that is stored only now.

    If retention has removed texts, it stays: recording again would lose the entries of their edits.
    """
    revision_id, of_page = col(RevisionRow.revision_id), col(RevisionRow.article_id) == page
    later = select(revision_id).where(of_page, queries.time_order() > inserted.order)
    pruned = select(revision_id).where(of_page, col(RevisionRow.text_id).is_(None), ~col(RevisionRow.text_hidden))
    head = col(LedgerHeadRow.article_id) == page, col(LedgerHeadRow.revision_id).in_(later), ~pruned.exists()
    session.exec(update(LedgerHeadRow).where(*head).values(version=""))


def _packed(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=True).compress(body)


def _unpacked(packed: bytes) -> bytes:
    try:
        if zstandard.frame_content_size(packed) > _MAX_BYTES:
            raise Corrupt("a stored ledger has an impossible size: restore a backup")
        return zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise Corrupt(f"a stored ledger cannot be unpacked ({error}): restore a backup") from error


def _to_progress(row: Any) -> LedgerProgress:
    try:
        head = _unpacked(row.head)
    except Corrupt:  # the recorder cannot continue from it, and compares the texts again
        head = b""
    return queries.to_record(LedgerProgress, row, head=head)


class LedgerRepository(Repository):
    """The ledgers of articles: what every edit did to the elements of its article."""

    @reads
    def progress(self, session: Session, article: Article) -> LedgerProgress | None:
        """Return the progress of an article's ledger; None if nothing was recorded."""
        head = select(LedgerHeadRow).where(col(LedgerHeadRow.article_id) == queries.row_id(session, article))
        row = session.exec(head).first()
        return None if row is None else _to_progress(row)

    @reads
    def progress_at(self, session: Session, before: Revision) -> tuple[LedgerProgress | None, bool]:
        """Return the progress of the ledger of a revision's article, and whether older revisions are stored."""
        point = {"page": queries.row_id(session, before.article), "at": before.at, "number": before.id}
        row = session.connection().execute(_HEAD_AT, point).one()
        return None if row.id is None else _to_progress(row), row.has_older

    @reads
    def edits(self, session: Session, article: Article) -> tuple[tuple[Revision, StoredEdit], ...]:
        """Read what each edit of an article did, oldest first (() if nothing is recorded); raise Corrupt if damaged."""
        rows = session.connection().execute(_EDITS, {"page": queries.row_id(session, article)}).all()
        by_id = queries.revision_rows(session, article.wiki, [row.revision_id for row in rows])
        known = {number: queries.to_revision(row, article) for number, row in by_id.items()}
        return tuple(
            (known[row.revision_id], CODEC.load(_unpacked(row.body))) for row in rows if row.revision_id in known
        )

    @reads
    def count_texts(self, session: Session, article: Article, revision_id: int, without: Collection[int] = ()) -> int:
        """Count the revisions with a stored text up to and including this one; return 0 if it is not stored."""
        owner = queries.get_row(session, article)
        of_page = col(RevisionRow.article_id) == owner.id
        last = session.exec(select(RevisionRow.at).where(of_page, col(RevisionRow.revision_id) == revision_id)).first()
        if last is None:
            return 0
        counted = of_page, queries.time_order() <= (last, revision_id), col(RevisionRow.text_id).is_not(None)
        count = select(func.count()).select_from(RevisionRow).where(*counted)
        parts = [col(RevisionRow.revision_id).in_(part) for part in batched(without, queries.IDS_IN_STATEMENT)]
        return session.exec(count).one() - sum(session.exec(count.where(part)).one() for part in parts)

    @writes
    def append(self, session: Session, article: Article, batch: LedgerBatch, now: datetime) -> LedgerProgress | None:
        """Append a batch and return the new progress; return None, and write nothing, if another process was faster."""
        return append(session, queries.get_row(session, article, lock=True).id, batch, now)
