"""`watcher diff` and `watcher facts`: compare or read wikitext files without database or network."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer import Argument, Option

from watcher.cli.app import FormatOption, print_lines
from watcher.errors import InputError
from watcher.model import Document, Location, Statistic
from watcher.model.elements import cell_names, element_to_dict
from watcher.model.excerpts import fact_to_dict, short_claim, short_statistic
from watcher.model.revisions import LANGUAGE_CODE, MAX_TEXT_BYTES
from watcher.text import shorten, to_json


def _language_code(language: str) -> str:
    return _require_code("--language", language)


def _require_code(name: str, language: str) -> str:
    """Return the code; raise InputError for other values: with "English", only digits would be read as numbers."""
    if re.fullmatch(LANGUAGE_CODE, language) is None:
        raise InputError(f'{name}: {language[:40]!a} is not a language code; write for example "en"')
    return language


Language = Annotated[
    str,
    Option("--language", callback=_language_code, help="Language code of the wiki, such as en, de, fr or es."),
]


def diff(
    old: Annotated[str | None, Argument(help="A wikitext file, or - for standard input.")] = None,
    new: Annotated[str | None, Argument(help="The file to compare it with.")] = None,
    form: Annotated[
        Literal["text", "json", "html", "markdown"], Option("--format", help="The format of the report.")
    ] = "text",
    batch: Annotated[str | None, Option(help="A file of lines {id, old, new[, title]} instead.")] = None,
    language: Language = "en",
) -> None:
    """Compare two wikitext files, offline: exit 0 for no change, 1 for changes.

    Example: watcher diff monday.wikitext tuesday.wikitext --format html > report.html
    """
    from watcher import compare_wikitext
    from watcher.parse import dialect_for
    from watcher.report import ReportOptions, report

    if batch is not None:
        if old is not None:
            raise InputError("diff: give either OLD and NEW, or --batch FILE")
        if form in ("html", "markdown"):
            raise InputError(f"diff: --format {form} is for two files; --batch writes JSON")
        changed = False
        for entry in read_lines(batch, "old", "new"):
            wiki = dialect_for(entry.get("lang") or language)
            findings = compare_wikitext(entry["old"], entry["new"], wiki=wiki, title=entry.get("title")).findings
            changed = changed or bool(findings)
            _print_json({"id": entry["id"], "changes": [finding.to_dict() for finding in findings]})
        raise typer.Exit(1 if changed else 0)
    if old is None or new is None:
        raise InputError("diff: two files are needed, OLD and NEW (or --batch FILE)")
    if old == new == "-":
        raise InputError("diff: only one of the two can be - (standard input)")
    before, after = read_text(old), read_text(new)
    comparison = compare_wikitext(before, after, wiki=dialect_for(language))
    shown = report(comparison, form, ReportOptions(before_text=before, after_text=after))
    typer.echo(shown.rstrip("\n"))
    raise typer.Exit(1 if comparison.findings else 0)


def facts(
    file: Annotated[str | None, Argument(help="A wikitext file, or - for standard input.")] = None,
    form: FormatOption = "text",
    batch: Annotated[str | None, Option(help="A file of lines {id, text} instead.")] = None,
    language: Language = "en",
) -> None:
    """List what one wikitext states: sections, figures, references, statistics, claims.

    Example: watcher facts article.wikitext --format json
    """
    from watcher.parse import dialect_for, parse

    if batch is not None:
        if file is not None:
            raise InputError("facts: give either FILE, or --batch FILE")
        for entry in read_lines(batch, "text"):
            wiki = dialect_for(entry.get("lang") or language)
            _print_json({"id": entry["id"], **facts_json(parse(entry["text"], wiki))})
        return
    if file is None:
        raise InputError("facts: a file is needed (or --batch FILE)")
    document = parse(read_text(file), dialect_for(language))
    if form == "json":
        _print_json(facts_json(document), indent=1)
    else:
        print_lines(facts_lines(document))


def _print_json(value: object, indent: int | None = None) -> None:
    typer.echo(to_json(value, indent))


def facts_json(document: Document) -> dict[str, Any]:
    """Return all elements of a Document by kind; context quantities (rank, year, date) are among the statistics."""
    from watcher.judge.lint import lint_statistics, statistic_id

    wrong, names = lint_statistics(document), cell_names(document.sentences)
    return {
        "sections": [element_to_dict(section) for section in document.sections],
        "figures": [element_to_dict(figure) for figure in document.figures],
        "references": [element_to_dict(reference) for reference in document.references],
        "statistics": [
            fact_to_dict(statistic)
            | {
                "label": names.get((statistic.location, statistic.sentence), ""),
                "faults": [reason.code for reason in wrong.get(statistic_id(statistic), ())],
            }
            for statistic in document.statistics
        ],
        "claims": [fact_to_dict(claim) for claim in document.claims],
        "tags": [element_to_dict(tag) for tag in document.tags],
        "unread": [
            {"reason": unread.reason, "start": unread.location.start, "end": unread.location.end}
            for unread in document.unread
        ],
    }


def facts_lines(document: Document) -> Iterator[str]:
    """Yield the facts as readable lines: statistics with their sources, a to-do list for editors, and the others."""
    from watcher.judge.lint import lint_statistics, statistic_id
    from watcher.report.labels import reference_label

    yield f"Sections: {len(document.sections)}"
    yield from (f"{'  ' * len(section.path)}{section.heading}" for section in document.sections)
    yield f"Figures: {len(document.figures)}"
    yield from (f"  {figure.file}: {figure.caption}" for figure in document.figures)
    names = cell_names(document.sentences)
    statistics = [item for item in document.statistics if not item.quantity.measure.is_context]
    yield f"Statistics: {len(statistics)}"
    titles = {reference.key: reference_label(reference.key, reference) for reference in document.references}
    for item in statistics:
        short = short_statistic(item)
        cited = "; ".join(dict.fromkeys(titles.get(key, key) for key in short.references)) or "NO SOURCE"
        number = short.quantity
        counted = " ".join(filter(None, (number.qualifier, number.text, number.unit)))
        year = f", {number.as_of}" if number.as_of else ""
        yield f"  {counted}{year} [{cited}] {short.sentence}{_named(item, names)}"
    faults = lint_statistics(document)
    to_do = [(item, reason) for item in document.statistics for reason in faults.get(statistic_id(item), ())]
    yield f"To do: {len(to_do)}"
    for item, reason in to_do:
        sentence = short_statistic(item).sentence
        yield f"  {reason.code}: {item.quantity.text}, {reason.text} — {sentence}{_named(item, names)}"
    yield f"Claims: {len(document.claims)}"
    yield from (f"  ({', '.join(claim.cues)}) {claim.text}" for claim in map(short_claim, document.claims))
    yield f"References: {len(document.references)}"
    yield from (f"not read: {unread.reason}" for unread in document.unread)


def _named(statistic: Statistic, names: Mapping[tuple[Location, str], str]) -> str:
    """Return the name of a statistic's cell or field in parentheses; "" if it has none."""
    name = names.get((statistic.location, statistic.sentence))
    return f" ({shorten(name)})" if name else ""


def read_text(name: str) -> str:
    """Return the wikitext of a file; raise InputError if it is missing, too large or not UTF-8 text."""
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            body = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{name}: cannot be read ({error.strerror}); give another file, or - for standard input"
        ) from None
    except ValueError as error:
        raise InputError(f"{name!r}: is not a file name ({error}); give another file") from None
    if len(body) > MAX_TEXT_BYTES:
        raise InputError(
            f"{name}: larger than {MAX_TEXT_BYTES >> 20} MiB, which no wiki page is; give the wikitext of one page"
        )
    if b"\0" in body:
        raise InputError(f"{name}: is a binary file; give a text file")
    try:
        return body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not UTF-8 (byte {error.start}); convert it, or give another file") from None


def read_lines(name: str, *needed: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file; raise InputError, with the line, if one lacks `id` or a `needed` text."""
    try:
        file = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115  closed below, stdin too
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot be read ({error}); give a file with one JSON object a line") from None
    with file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line.decode("utf-8-sig"), parse_constant=_number, parse_float=_number)
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: is not UTF-8 ({error.reason}); convert it") from None
            except (ValueError, RecursionError) as error:
                raise InputError(f"{name}:{number}: is not JSON ({error}); write one object a line") from None
            if not isinstance(entry, dict) or "id" not in entry:
                raise InputError(f"{name}:{number}: must be an object with the keys id, {', '.join(needed)}")
            for key in (*needed, *(key for key in ("title", "lang") if entry.get(key) is not None)):
                if not isinstance(entry.get(key), str):
                    raise InputError(f"{name}:{number}: {key} must be a string")
            if entry.get("lang") is not None:
                _require_code(f"{name}:{number}: lang", entry["lang"])
            yield entry


def _number(text: str) -> float:
    """Return a number; raise ValueError for NaN and Infinity, which JSON lacks (RFC 8259 §6), and for 1e999."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number of it")
    return number
