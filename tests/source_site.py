"""Serve the pages of tests/data/source_pages.toml on loopback, with the expected result for each."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from watcher.demo.servers import Handler, LoopbackServer
from watcher.model.source_checks import SourceCheck
from watcher.parse.quantities import read_quantities
from watcher.source_check import SourcePage, compare_source
from watcher.source_check.statement import Side

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
TITLE = "An article"
PAGES = Path(__file__).parent / "data" / "source_pages.toml"


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class SourceSite:
    """A site on loopback; `paths` are the requests that it received."""

    port: int
    replies: dict[str, Reply | Callable[[], Reply]]
    paths: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


@contextmanager
def serving_sources(replies: Mapping[str, Reply | Callable[[], Reply]]) -> Iterator[SourceSite]:
    """Serve these replies by path; anything else is not found."""

    class SourceHandler(Handler):
        def answer(self) -> None:
            site.paths.append(self.path)
            site.agents.add(self.headers.get("User-Agent", ""))
            known = site.replies.get(self.path, Reply(status=404))
            reply = known() if callable(known) else known
            self.reply(reply.status, {**reply.headers}, reply.body)

    with LoopbackServer(SourceHandler, 0) as server:
        site = SourceSite(port=server.port, replies=dict(replies))
        yield site


def pdf_of(pages: Sequence[Sequence[str]]) -> bytes:
    """Write a PDF whose pages have these lines (ISO 32000-1, 7.5); one without lines shows no text."""
    objects = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj T*\n" if line else "T*\n" for line in lines)
        text = f"BT /F1 12 Tf 14 TL 72 720 Td\n{shown}ET" if lines else "0 0 100 100 re f"
        stream = text.encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, end)


@dataclass(frozen=True, kw_only=True)
class SourceCase:
    """A page with the result that a careful reader would give."""

    name: str
    path: str
    outcome: str
    problem: str
    old: Side | None
    new: Side | None
    language: str
    replies: Mapping[str, Reply]

    def check(self, page: SourcePage) -> SourceCheck:
        return compare_source(page, self.old, self.new, title=TITLE, language=self.language, at=AT)

    def is_right(self, page: SourcePage, check: SourceCheck) -> bool:
        problem = page.problem.name if page.problem and check.outcome == "unread" else ""
        return (check.outcome.value, problem) == (self.outcome, self.problem)


def states(outcome: str) -> set[str]:
    """Return the sides that an outcome calls stated."""
    return {"both": {"old", "new"}, "old": {"old"}, "new": {"new"}}.get(outcome, set())


def read_cases() -> list[SourceCase]:
    written = tomllib.loads(PAGES.read_text(encoding="utf-8"))["page"]
    return [_case(number, entry) for number, entry in enumerate(written)]


def _case(number: int, entry: dict[str, Any]) -> SourceCase:
    language = entry.get("language", "en")
    old, new = sides(entry["old"], entry["new"], language)
    if "pdf" in entry:
        body, kind = pdf_of(entry["pdf"]), "application/pdf"
    else:
        body = entry["html"].encode(entry.get("encoding", "utf-8"))
        kind = entry.get("type", "text/html; charset=utf-8")
    reply = Reply(status=entry.get("status", 200), body=body, headers={"Content-Type": kind})
    path = f"/{number}/a-cited-page.html"
    replies = {path: reply}
    if "archived" in entry:
        path = f"/web/20190304120000/http://example.org/{number}"
        framed = Reply(body=entry["archived"].encode() + body, headers={"Content-Type": kind})
        replies = {path: framed, f"/web/20190304120000id_/http://example.org/{number}": reply}
    return SourceCase(
        name=entry["name"],
        path=path,
        outcome=entry["outcome"],
        problem=entry.get("problem", ""),
        old=old,
        new=new,
        language=language,
        replies=replies,
    )


def sides(old: str, new: str, language: str) -> tuple[Side | None, Side | None]:
    """Return the first numbers that differ between two sentences."""
    for before, after in zip_longest(read_quantities(old, language), read_quantities(new, language)):
        if before is None or after is None or before.value != after.value:
            return _side(before, old), _side(after, new)
    raise AssertionError(f"no number differs: {old} | {new}")


def _side(quantity: Any, sentence: str) -> Side | None:
    return Side(quantity=quantity, sentence=sentence) if quantity else None
