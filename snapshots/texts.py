"""Store each text once under its digest, compressed against the text before it, and the facts of rendered pages."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import zstandard
from sqlalchemy import BigInteger, Index, Select, bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, select, update

from snapshots.database import Database, Repository, as_method, insert_or_ignore, insert_or_ignore_row, reads
from snapshots.queries import all_columns, in_parts, row_id, to_record
from snapshots.tables import ArticleRow, BigId, JsonText, NumberedTable, RevisionRow, SafeText, TextRow, UTCDateTime
from watcher.common_ends import common_ends
from watcher.errors import Corrupt
from watcher.model import Article

# A text is packed against the one before it, every SKIP_DISTANCE-th against the one SKIP_DISTANCE before it, and every
# KEYFRAME_EVERY-th against nothing. So no text is more than 62 steps (0.02 ms each for 150 KB) from a keyframe, and an
# edit is stored about twice.
SKIP_DISTANCE: Final = 32
KEYFRAME_EVERY: Final = SKIP_DISTANCE * SKIP_DISTANCE

# Measured on texts of 150 KB with one edit each: level 9 gives 77 bytes in 0.6 ms (3: 83 bytes, 19: 79 bytes in
# 10 ms); long-distance matching only costs time, level 1 misses far matches. Keyframes are rare: 21 ms for 5 % less.
DELTA_LEVEL: Final = 9
KEYFRAME_LEVEL: Final = 17

# A delta larger than this fraction of the text has a poor base, such as a page that was blanked for a minute.
MAX_DELTA_FRACTION: Final = 16
_KEYFRAME_RATIO: Final = 5  # a keyframe takes a third of the text's length, and the time of ten deltas

_SMALL_DELTA: Final = 16_384  # bytes; a smaller difference from the base is compressed at the level of keyframes

_END: Final = 3  # bytes of the number that says how much a text (of at most 8 MiB) shares with its base at either end
_MAX_END: Final = 2 ** (8 * _END) - 1

_FORMAT: Final = zstandard.FORMAT_ZSTD1_MAGICLESS  # saves four bytes per text, a twentieth of most


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """A stored text with its position in the chain of packed texts; `existed` if it had been stored before."""

    id: int
    base_id: int | None
    number: int
    body: bytes
    existed: bool = False


def encode(text: str) -> bytes:
    """Encode any string as UTF-8, including lone surrogates, which JSON may contain."""
    return text.encode("utf-8", "surrogatepass")


def decode(body: bytes) -> str:
    """Invert `encode`."""
    return body.decode("utf-8", "surrogatepass")


def digest(body: bytes) -> bytes:
    """Return the SHA-256 of a text, 32 bytes."""
    return sha256(body).digest()


def pack(body: bytes, base: bytes | None) -> bytes:
    """Compress the part of a text between the ends shared with its base, with that part of the base as dictionary.

    The result starts with the lengths of both ends. Indexing the whole base would take twice the time of the rest.
    """
    before, after = (min(end, _MAX_END) for end in common_ends(base or b"", body))
    other = base[before : len(base) - after] if base else b""
    # The window must reach from the end of the text back over the whole base.
    reach = len(body) - before - after + len(other)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        KEYFRAME_LEVEL if not base or reach < _SMALL_DELTA else DELTA_LEVEL,
        source_size=len(body) - before - after,
        dict_size=len(other),
        window_log=min(max(reach.bit_length(), 19), 27),
        write_checksum=False,  # the digest is the checksum
        write_content_size=True,
        write_dict_id=False,
        format=_FORMAT,
    )
    packer = zstandard.ZstdCompressor(dict_data=_raw(other), compression_params=parameters)
    middle = body[before : len(body) - after]
    frame = packer.compress(middle)
    return before.to_bytes(_END) + after.to_bytes(_END) + (frame if len(frame) < len(middle) else middle)


def unpack(packed: bytes, base: bytes | None, size: int) -> bytes:
    """Invert `pack`; raise Corrupt if the text cannot be unpacked or does not have `size` bytes."""
    base, frame = base or b"", packed[2 * _END :]
    before, after = int.from_bytes(packed[:_END]), int.from_bytes(packed[_END : 2 * _END])
    if before + after <= len(base) and len(frame) == size - before - after:  # stored as is: a frame would be shorter
        return base[:before] + frame + base[len(base) - after :]
    try:
        # Checked before unpacking: a damaged header must not make us allocate gigabytes.
        if zstandard.get_frame_parameters(
            frame, format=_FORMAT
        ).content_size != size - before - after or before + after > len(base):
            raise Corrupt("the size of a stored text differs from that in its row: restore a backup")
        dictionary = _raw(base[before : len(base) - after])
        middle = zstandard.ZstdDecompressor(dict_data=dictionary, format=_FORMAT).decompress(frame)
    except zstandard.ZstdError as error:
        raise Corrupt(f"a stored text cannot be unpacked ({error}): restore a backup") from error
    return base[:before] + middle + base[len(base) - after :]


def _raw(base: bytes) -> zstandard.ZstdCompressionDict | None:
    # zstd accepts no dictionary of less than eight bytes.
    if len(base) < 8:  # noqa: PLR2004
        return None
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def chain_to(text_id: Any) -> Select[Any]:
    """Select the chain of rows from the keyframe to a text, or to its ancestor with the number `up_to`."""
    columns = all_columns(TextRow)
    chain = select_columns(*columns).where(col(TextRow.id) == text_id).cte("chain", recursive=True)
    # Numbers decrease towards the keyframe, so that a damaged chain cannot loop.
    step = select_columns(*columns).where(col(TextRow.id) == chain.c.base_id, col(TextRow.number) < chain.c.number)
    chain = chain.union_all(step)
    return select_columns(chain).where(chain.c.number <= bindparam("up_to")).order_by(chain.c.number)


# Built once: building such a statement takes as long as running it.
CHAIN: Final = chain_to(bindparam("text_id"))
POSITION: Final = select_columns(col(TextRow.id), col(TextRow.base_id), col(TextRow.number)).where(
    col(TextRow.digest) == bindparam("key")
)
IDS: Final = select_columns(col(TextRow.digest), col(TextRow.id)).where(
    col(TextRow.digest).in_(bindparam("keys", expanding=True))
)
BODIES: Final = select_columns(*all_columns(TextRow)).where(col(TextRow.id).in_(bindparam("numbers", expanding=True)))


def existing_ids(session: Session, digests: list[bytes]) -> dict[bytes, int]:
    """Map the digests of texts that are stored already to their row ids."""
    return dict(in_parts(session, IDS, "keys", digests))


def store_text(session: Session, body: bytes, previous: StoredText | None, key: bytes | None = None) -> StoredText:
    """Store a text, packed against `previous` (the text of the revision before it), and return its position.

    `key` is its digest, if that is known.
    """
    number, base, packed = _packed_on_base(session, body, previous)
    most = len(body) // MAX_DELTA_FRACTION + 512
    if base is not None and len(packed) > most:
        candidates: list[tuple[int, StoredText | None, bytes]] = [(number, base, packed)]
        # Not for a SKIP_DISTANCE-th text: all texts that follow would be packed against the base of `previous`.
        if previous is not None and previous.base_id is not None and number % SKIP_DISTANCE:
            candidates.append(_packed_on_base(session, body, load_text(session, previous.base_id)))
        if min(len(other) for *_, other in candidates) > len(body) // _KEYFRAME_RATIO:
            candidates.append((0, None, pack(body, None)))
        number, base, packed = min(candidates, key=lambda candidate: len(candidate[2]))
    key = key or digest(body)
    base_id = base.id if base else None
    row = {"digest": key, "base_id": base_id, "number": number, "size": len(body), "body": packed}
    stored = insert_or_ignore_row(session, TextRow, row, "id", "base_id", "number")
    existed = stored is None
    if existed:  # an edit restores it, or another process has stored it first, maybe with another base
        stored = session.connection().execute(POSITION, {"key": key}).one()
    return StoredText(id=stored.id, base_id=stored.base_id, number=stored.number, body=body, existed=existed)


def store_keyframes(session: Session, wikitexts: Sequence[str]) -> list[int]:
    """Store texts without predecessors, each packed without a base; return their row ids in this order."""
    bodies = [encode(wikitext) for wikitext in wikitexts]
    keys = [digest(body) for body in bodies]
    unique = dict(zip(keys, bodies, strict=True))
    stored = existing_ids(session, [*unique])
    new = [(key, body) for key, body in unique.items() if key not in stored]
    keyframe = {"base_id": None, "number": 0}
    rows = [{"digest": key, "size": len(body), "body": pack(body, None), **keyframe} for key, body in new]
    insert_or_ignore(session, TextRow, rows)
    stored |= existing_ids(session, [key for key, _ in new]) if new else {}
    return [stored[key] for key in keys]


def _packed_on_base(session: Session, body: bytes, previous: StoredText | None) -> tuple[int, StoredText | None, bytes]:
    number = 0 if previous is None else (previous.number + 1) % KEYFRAME_EVERY
    if previous is None or number == 0:
        return 0, None, pack(body, None)
    base = previous if number % SKIP_DISTANCE else load_text(session, previous.id, back_to=number - SKIP_DISTANCE)
    return number, base, pack(body, base.body)


def load_text(session: Session, text_id: int, *, back_to: int = KEYFRAME_EVERY) -> StoredText:
    """Read a text, or its ancestor with the number `back_to`; raise Corrupt if the digest does not match."""
    rows = session.connection().execute(CHAIN, {"text_id": text_id, "up_to": back_to}).all()
    return unpacked(rows, text_id)


def unpacked(rows: Sequence[Any], text_id: int) -> StoredText:
    """Return the last text of the rows that a `chain_to` statement gives; raise Corrupt as `load_text` does."""
    if not rows or rows[0].base_id is not None:
        raise Corrupt(f"stored text {text_id} lacks the texts that it builds on: restore a backup")
    body: bytes | None = None
    for row in rows:
        body = unpack(row.body, body, row.size)
    last = rows[-1]
    if body is None or digest(body) != last.digest:
        raise Corrupt(f"stored text {last.id} does not match its digest: restore a backup")
    return StoredText(id=last.id, base_id=last.base_id, number=last.number, body=body)


def load_texts(session: Session, text_ids: Collection[int]) -> dict[int, tuple[bytes, bytes]]:
    """Map ids to texts and digests, unpacking each text once; raise Corrupt if a digest does not match."""
    rows = {row.id: row for row in session.connection().execute(BODIES, {"numbers": text_ids})}
    result: dict[int, tuple[bytes, bytes]] = {}
    for text_id in rows:
        chain: list[Any] = []
        base_id: int | None = text_id
        while base_id in rows and base_id not in result:
            if len(chain) == len(rows):
                raise Corrupt(f"stored text {text_id} builds on itself: restore a backup")
            chain.append(rows[base_id])
            base_id = chain[-1].base_id
        body = None
        if base_id is not None:
            body = result[base_id][0] if base_id in result else load_text(session, base_id).body
        for row in reversed(chain):
            body = unpack(row.body, body, row.size)
            if digest(body) != row.digest:
                raise Corrupt(f"stored text {row.id} does not match its digest: restore a backup")
            result[row.id] = body, row.digest
    return result


# A line names only a few revisions; a damaged keyframe may affect a thousand.
MAX_NAMED_REVISIONS: Final = 5


def find_corrupt_texts(session: Session) -> Iterator[str]:
    """Yield one line for each text that cannot be read back as it was stored."""
    for text_id in session.exec(select(TextRow.id).order_by(col(TextRow.id))).all():
        try:
            load_text(session, text_id)
        except Corrupt as error:
            of_text = select(RevisionRow.wiki, RevisionRow.revision_id).where(col(RevisionRow.text_id) == text_id)
            rows = session.exec(of_text.order_by(col(RevisionRow.id)))
            named = [f"revision {number} of {wiki}" for wiki, number in rows]
            more = f" and {len(named) - MAX_NAMED_REVISIONS} more" if len(named) > MAX_NAMED_REVISIONS else ""
            yield f"{error} ({', '.join(named[:MAX_NAMED_REVISIONS]) or 'no revision'}{more})"


class RenderingRow(NumberedTable, table=True):
    """The facts of a rendered revision; `sources` maps the transcluded titles to revision ids.

    `volatile` are the parts that differ between renderings of the same sources.
    """

    __table_args__ = (Index(None, "article_id", "id"),)

    article_id: int = Field(foreign_key="article.id", sa_type=BigId)
    revision_id: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=UTCDateTime)
    text_id: int = Field(foreign_key="text.id", index=True, sa_type=BigId)
    sources: Any = Field(sa_type=JsonText)
    item: str | None = Field(default=None, sa_type=SafeText)
    version: int
    volatile: Any = Field(sa_type=JsonText)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFacts:
    """The facts of a revision as rendered for readers, in the form of a wikitext, and their sources.

    `touched` is the wiki's timestamp of the page. `sources` maps the titles of all directly or indirectly transcluded
    pages to the ids of the revisions used (0 if there is no such page). `item` is the page's item in the wiki's data
    repository. `version` is that of the code that wrote the text. `volatile` are the parts that differ between
    renderings of the same sources.
    """

    revision_id: int
    touched: str
    at: datetime
    text: str = field(repr=False)
    sources: Mapping[str, int]
    item: str | None = None
    version: int
    volatile: Any = None


def save_rendering(session: Session, article: Article, facts: RenderedFacts) -> None:
    """Store the facts of a rendering; if the text equals the last stored one, update that row instead."""
    article_id = row_id(session, article)
    session.exec(update(ArticleRow).where(col(ArticleRow.id) == article_id).values(touched=facts.touched))
    last, base = _newest(session, article_id), None
    with suppress(Corrupt):  # a damaged text must not prevent storing the next one
        base = None if last is None else load_text(session, last.text_id)
    body = encode(facts.text)
    made_from = {name: getattr(facts, name) for name in ("revision_id", "item", "version", "volatile")}
    made_from |= {"sources": dict(facts.sources)}
    if last is None or base is None or base.body != body:
        text_id = store_text(session, body, base).id
        session.add(RenderingRow(article_id=article_id, at=facts.at, text_id=text_id, **made_from))
    elif any(getattr(last, name) != value for name, value in made_from.items()):
        session.exec(update(RenderingRow).where(col(RenderingRow.id) == last.id).values(made_from))


def _newest(session: Session, article_id: int) -> RenderingRow | None:
    rows = select(RenderingRow).where(col(RenderingRow.article_id) == article_id)
    return session.exec(rows.order_by(col(RenderingRow.id).desc()).limit(1)).first()


class RenderingRepository(Repository):
    """The facts of articles as rendered for readers."""

    @reads
    def newest(self, session: Session, article: Article) -> RenderedFacts | None:
        """Read the facts of an article's last rendering; None if there is none. Raise Corrupt if they are damaged."""
        owner_id = row_id(session, article)
        row = _newest(session, owner_id)
        if row is None:
            return None
        touched = session.exec(select(ArticleRow.touched).where(col(ArticleRow.id) == owner_id)).one()
        text = decode(load_text(session, row.text_id).body)
        return to_record(RenderedFacts, row, touched=touched or "", text=text)

    save = as_method(save_rendering, Database.write)
