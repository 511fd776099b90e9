"""Read the revisions of a page from a MediaWiki XML export, as a stream that never holds more than one text.

Supported are exports of Special:Export, dumpBackup.php and dumps.wikimedia.org, schema 0.3 to 0.11, plain or compressed
by gzip, bzip2, xz or lzma. 7z is refused: its readers are several compiled packages; use `7z x -so FILE | xz -1`.
"""

import bz2
import gzip
import lzma
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha1
from itertools import chain, groupby, islice
from pathlib import Path
from typing import IO, Any, Final
from xml.parsers import expat

from watcher.errors import InputError, WatcherError
from watcher.fetch.decode import maybe_user, timestamp
from watcher.model import Article, Revision, Snapshot
from watcher.model.revisions import MAX_TEXT_BYTES, is_too_large

_CHUNK: Final = 1 << 16  # bytes
# No page of any Wikipedia has more revisions; reading an endless file must stop somewhere.
MAX_REVISIONS: Final = 2_000_000
_MAX_FIELD: Final = 1 << 16  # characters of a title or comment; MediaWiki allows 255 bytes and 500 characters
_MAX_TEXT: Final = 8 * MAX_TEXT_BYTES  # characters; no wiki stores longer texts, so a longer one is an attack
_MAX_MARKUP: Final = 1 << 20  # bytes without an element or character, as in an endless tag
_MAX_DEPTH: Final = 12  # mediawiki/page/revision/content/text has 5
_OPENERS: Final[dict[bytes, Callable[..., IO[Any]]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x5d\x00\x00": lzma.open,
}
_TRUNCATION_ERRORS: Final = tuple(
    expat.errors.codes[text] for text in (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)
)
_SEVEN_ZIP: Final = b"7z\xbc\xaf\x27\x1c"


@dataclass(slots=True)
class _Node:
    """An open element: its attributes and its own text; `length` also counts text that is not kept."""

    name: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)
    length: int = 0

    @property
    def text(self) -> str:
        return "".join(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpPage:
    """The page to read from a dump: by its id if known, which does not change in a move, else by its title."""

    wiki: str
    title: str
    page_id: int | None = None

    def matches(self, title: str, page_id: str) -> bool:
        """Return whether a page of the dump is this one; most wikis ignore the case of a title's first letter."""
        if self.page_id is not None:
            return page_id == str(self.page_id)
        return bool(page_id) and title in (self.title, self.title[:1].upper() + self.title[1:])


def read_dump(path: Path, page: DumpPage, check_wiki: Callable[[str, str], None] | None = None) -> Iterator[Snapshot]:
    """Yield the revisions of a page in the order of the file; nothing if the file does not have the page.

    `check_wiki` is called with the address of the wiki's main page in the file, and the page's title. Texts are checked
    against their SHA-1. Raise InputError if the file cannot be read, is truncated, is not an export, or holds what no
    wiki exports; the message names the last revision that could be read.
    """
    reader = _DumpReader(path, page, check_wiki)
    try:
        with path.open("rb") as file:
            start = file.read(len(_SEVEN_ZIP))
            file.seek(0)
            if start == _SEVEN_ZIP:
                raise InputError(f"{path}: 7z is not read; repack it with `7z x -so FILE.7z | xz -1 > FILE.xz`")
            plain = next((opener(file) for magic, opener in _OPENERS.items() if start.startswith(magic)), file)
            yield from _without_gaps(reader.snapshots(plain))
    except WatcherError:
        raise
    # expat raises LookupError for an encoding that Python does not know.
    except (OSError, EOFError, LookupError, lzma.LZMAError, expat.ExpatError) as error:
        if isinstance(error, OSError) and error.strerror and not reader.previous:
            raise InputError(f"{path}: cannot be read ({error.strerror}); give another file") from None
        problem = f"it cannot be read ({str(error) or type(error).__name__})"
        # All decompressors raise EOFError if the end of the stream is missing.
        if isinstance(error, EOFError) or (isinstance(error, expat.ExpatError) and error.code in _TRUNCATION_ERRORS):
            problem = "the file is cut"
        elif isinstance(error, expat.ExpatError):
            problem = f"not well-formed XML ({error})"
        raise InputError(reader.problem(problem)) from error


def _without_gaps(snapshots: Iterator[Snapshot]) -> Iterator[Snapshot]:
    """Treat consecutive empty texts without size and digest as texts that the export could not read.

    MediaWiki saves no edit that changes nothing. In an export of 2008, 600 of 15,000 texts are empty for this reason.
    """
    for is_empty, run in groupby(snapshots, lambda each: each.wikitext == "" and each.revision.size is None):
        if not is_empty:
            yield from run
            continue
        empty = iter(run)
        first, *second = islice(empty, 2)
        if not second:  # a single empty text: the page was blanked
            digest = sha1(b"", usedforsecurity=False).hexdigest()
            yield replace(first, revision=replace(first.revision, size=0, sha1=digest))
        else:
            yield from (replace(each, wikitext=None) for each in chain((first, *second), empty))


class _DumpReader:
    """The handlers for expat, and their state of the page that is being read."""

    def __init__(self, path: Path, page: DumpPage, check_wiki: Callable[[str, str], None] | None) -> None:
        self.path, self.page, self.check_wiki = path, page, check_wiki
        self.open: list[_Node] = []
        self.base = self.title = self.page_id = ""
        self.fields: dict[str, _Node] = {}
        self.ready: deque[Snapshot] = deque()
        self.previous = self.revisions = self.silent = 0
        self.has_parents = self.selected = self.finished = False

    def problem(self, message: str) -> str:
        """Return an error message that says what is wrong, where, and what to do."""
        where = f" after revision {self.previous}" if self.previous else ""
        return f"{self.path}: {message}{where}; nothing was imported; download the dump again"

    def snapshots(self, file: IO[bytes]) -> Iterator[Snapshot]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.characters
        # An export has no DTD. Its entities could include other files, or expand to a billion characters.
        parser.StartDoctypeDeclHandler = self.doctype
        while not self.finished:
            chunk = file.read(_CHUNK)
            self.silent += len(chunk)
            try:
                parser.Parse(chunk, not chunk)
            except expat.ExpatError:
                if not self.finished:
                    raise
            if self.silent > _MAX_MARKUP:
                raise InputError(self.problem("an unclosed tag"))
            while self.ready:
                yield self.ready.popleft()
            if not chunk:
                return

    def doctype(self, *_: object) -> None:
        raise InputError(self.problem("it has a DTD, which no MediaWiki export has"))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.silent = 0
        if len(self.open) == _MAX_DEPTH:
            raise InputError(self.problem(f"elements in more than {_MAX_DEPTH} levels, which no MediaWiki export has"))
        if not self.open and name != "mediawiki":
            raise InputError(self.problem(f"it is not a MediaWiki export: it begins with <{name[:40]}>"))
        if not self.open:
            # Before schema 0.7, revisions did not name their parents; since then, one without it has no parent.
            self.has_parents = tuple(map(int, attributes.get("version", "0.11").split(".")[:2])) >= (0, 7)
        if self.open:  # drop the white space between elements, which may be endless
            self.open[-1].length = 0
            self.open[-1].parts.clear()
        self.open.append(_Node(name, attributes))
        if name == "page":
            self.title, self.page_id, self.previous, self.revisions, self.selected = "", "", 0, 0, False

    def characters(self, text: str) -> None:
        self.silent = 0
        node = self.open[-1]
        node.length += len(text)
        is_text = node.name == "text"
        if node.length > (_MAX_TEXT if is_text else _MAX_FIELD):
            raise InputError(self.problem(f"more than {node.length:,} characters in <{node.name[:40]}>"))
        if (self.selected or not is_text) and node.length <= MAX_TEXT_BYTES:
            node.parts.append(text)

    def end(self, name: str) -> None:
        self.silent = 0
        node = self.open.pop()
        parent = self.open[-1].name if self.open else ""
        match parent, name:
            case "siteinfo", "base":
                self.base = node.text
            case "page", "title":
                self.title = node.text
            case "page", "id":  # follows the title
                self.page_id = node.text
                self.selected = self.page.matches(self.title, self.page_id)
                if self.selected and self.check_wiki:
                    self.check_wiki(self.base, self.title)
            case "page", "revision":
                if self.selected:
                    self.ready.append(self.revision())
                self.fields.clear()
            case "revision", "contributor":
                self.fields[name] = node
            case "revision" | "contributor", _:
                self.fields.setdefault(f"{parent}/{name}", node)
            case "mediawiki", "page":
                # The rest is about other pages, and may have a hundred gigabytes.
                self.finished = self.selected
            case _:
                pass

    def revision(self) -> Snapshot:
        """Return the snapshot of the revision that has just been read."""
        self.revisions += 1
        if self.revisions > MAX_REVISIONS:
            raise InputError(self.problem(f"more than {MAX_REVISIONS:,} revisions of one page"))
        where = f"{self.path}, revision {self.value('id')[:20]}"
        number, page_id = self.number(self.value("id")), self.number(self.page_id)
        text, size, digest = self.text(where)
        parent = self.value("parentid")
        node = self.fields.get("revision/text")
        user = self.value("username", "contributor") or self.value("ip", "contributor")
        revision = Revision(
            article=Article(wiki=self.page.wiki, page_id=page_id, title=self.title),
            id=number,
            parent_id=self.number(parent) if parent else 0 if self.has_parents else self.previous,
            at=timestamp(where, self.value("timestamp")),
            editor=maybe_user(self.shown("contributor", user)),
            comment=self.shown("revision/comment", self.value("comment")),
            minor="revision/minor" in self.fields,
            size=size,
            sha1=digest,
            content_model=self.value("model") or "wikitext",
            text_hidden=node is not None and "deleted" in node.attributes,
        )
        self.previous = number
        return Snapshot(revision=revision, wikitext=text)

    def value(self, name: str, parent: str = "revision") -> str:
        node = self.fields.get(f"{parent}/{name}")
        return node.text if node else ""

    def shown(self, name: str, value: str) -> str | None:
        """Return a value, or None if the wiki hides it."""
        node = self.fields.get(name)
        return None if node is not None and "deleted" in node.attributes else value

    def number(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):  # noqa: PLR2004  databases hold 64 bits
            raise InputError(self.problem(f"{text[:40]!r} where an id was expected"))
        return int(text)

    def text(self, where: str) -> tuple[str | None, int | None, str | None]:
        """Return the text of the revision just read, its size and its SHA-1 in hex; each is None if unknown."""
        node = self.fields.get("revision/text")
        if node is None or "deleted" in node.attributes:
            return None, node.length if node else None, None
        # In schema 0.11, the digest of the revision is that of all its slots, and the attribute that of this text.
        stated = node.attributes.get("sha1") or self.value("sha1")
        text = node.text
        if node.length > len(text) or is_too_large(text):
            return None, node.length, _to_hex(stated)
        if not node.length and node.attributes.get("bytes", "0") != "0":
            raise InputError(f"{where}: the dump has no texts (a stub); get the one with the texts")
        if not (text or stated or "bytes" in node.attributes):
            return "", None, None
        body = text.encode()
        digest = sha1(body, usedforsecurity=False).hexdigest()
        # Characters that XML cannot represent were replaced in the dump, but the digest is of the original text.
        if stated and _to_hex(stated) != digest and "�" not in text:
            raise InputError(self.problem(f"the text of revision {self.value('id')[:20]} does not match its SHA-1"))
        return text, len(body), digest


def _to_hex(digest: str) -> str | None:
    """Convert a digest from base 36, as MediaWiki stores it, to hex, as its API returns it; None if it is empty.

    >>> _to_hex("phoiac9h4m842xq45sp7s6u21eteeq1")
    'da39a3ee5e6b4b0d3255bfef95601890afd80709'
    """
    try:
        return f"{int(digest, 36):040x}" if digest else None
    except ValueError:
        return digest[:40]
