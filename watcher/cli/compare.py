"""The commands that need no database and no network: diff and facts."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Annotated

import typer

from watcher.cli.files import read_lines, read_text
from watcher.errors import InputError
from watcher.model.revisions import LANGUAGE_CODE


class Format(StrEnum):
    """How a comparison is shown."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"


class FactsFormat(StrEnum):
    """How facts are shown."""

    TEXT = "text"
    JSON = "json"


def _language_code(language: str) -> str:
    """The code as given; the name of a language would silently read digits alone."""
    if re.fullmatch(LANGUAGE_CODE, language) is None:
        raise InputError(f'--language: {language[:40]!a} is no language code; write for example "en"')
    return language


Language = Annotated[
    str,
    typer.Option("--language", callback=_language_code, help="Language code of the wiki, such as en, de, fr or es."),
]


def diff(
    old: Annotated[str | None, typer.Argument(help="A wikitext file, or - for standard input.")] = None,
    new: Annotated[str | None, typer.Argument(help="The file to compare it with.")] = None,
    format: Annotated[Format, typer.Option("--format", help="How to show the comparison.")] = Format.TEXT,  # noqa: A002  the option's name
    batch: Annotated[
        str | None, typer.Option("--batch", help="A file of lines {id, old, new[, title]} instead.")
    ] = None,
    language: Language = "en",
) -> None:
    """Compare two wikitext files, offline: exit 0 for no change, 1 for changes.

    Example: watcher diff monday.wikitext tuesday.wikitext --format html > report.html
    """
    if batch is not None:
        if old is not None:
            raise InputError("diff: give either OLD and NEW, or --batch FILE")
        raise typer.Exit(_diff_batch(batch, language))
    if old is None or new is None:
        raise InputError("diff: two files are needed, OLD and NEW (or --batch FILE)")
    if old == new == "-":
        raise InputError("diff: only one of the two can be - (standard input)")
    raise typer.Exit(_diff_pair(old, new, format, language))


def _diff_pair(old: str, new: str, form: Format, language: str) -> int:
    from watcher import compare_wikitext
    from watcher.parse import dialect_for
    from watcher.report import report

    before, after = read_text(old), read_text(new)
    comparison = compare_wikitext(before, after, wiki=dialect_for(language))
    typer.echo(report(comparison, form.value, before_text=before, after_text=after).rstrip("\n"))
    return 1 if comparison.findings else 0


def _diff_batch(name: str, language: str) -> int:
    from watcher import compare_wikitext
    from watcher.parse import dialect_for

    found = False
    dialect = dialect_for(language)
    for entry in read_lines(name, "old", "new"):
        wiki = dialect_for(entry["lang"]) if isinstance(entry.get("lang"), str) else dialect
        title = entry["title"] if isinstance(entry.get("title"), str) else None
        findings = compare_wikitext(entry["old"], entry["new"], wiki=wiki, title=title).findings
        found = found or bool(findings)
        line = {"id": entry["id"], "changes": [finding.to_dict() for finding in findings]}
        typer.echo(json.dumps(line, ensure_ascii=False))
    return 1 if found else 0


def facts(
    file: Annotated[str | None, typer.Argument(help="A wikitext file, or - for standard input.")] = None,
    format: Annotated[FactsFormat, typer.Option("--format", help="How to show the facts.")] = FactsFormat.TEXT,  # noqa: A002  the option's name
    batch: Annotated[str | None, typer.Option("--batch", help="A file of lines {id, text} instead.")] = None,
    language: Language = "en",
) -> None:
    """List what one wikitext states: sections, figures, references, statistics, claims.

    Example: watcher facts article.wikitext --format json
    """
    from watcher.cli.facts import facts_json, facts_text
    from watcher.parse import dialect_for, parse

    if batch is not None:
        for entry in read_lines(batch, "text"):
            code = entry["lang"] if isinstance(entry.get("lang"), str) else language
            told = {"id": entry["id"], **facts_json(parse(entry["text"], dialect_for(code)))}
            typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if file is None:
        raise InputError("facts: a file is needed (or --batch FILE)")
    document = parse(read_text(file), dialect_for(language))
    if format is FactsFormat.JSON:
        typer.echo(json.dumps(facts_json(document), ensure_ascii=False, indent=1))
    else:
        typer.echo(facts_text(document))
