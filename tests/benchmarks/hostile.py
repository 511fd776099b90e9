"""Measure how long each hostile text takes to be sanitized and parsed, and how much memory.

    python tests/benchmarks/hostile.py                  every case at 2 MB, made harmless first
    python tests/benchmarks/hostile.py --size 200000    the same, smaller
    python tests/benchmarks/hostile.py --raw --size 8000  what the parser alone does with it (quadratic: keep it small)
    python tests/benchmarks/hostile.py links tables     the cases whose names contain one of these words

Each case runs in a process of its own, so that its peak memory is its own; seconds are of processor time;
the bar is 5 s and 500 MB at 2 MB.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mwparserfromhell

from watcher.parse.wikitext.sanitizer import sanitize

BAR_SECONDS = 5.0
BAR_MEGABYTES = 500.0


def repeated(motif: str) -> Callable[[int], str]:
    """A text of the motif over and over."""
    return lambda size: motif * (size // len(motif))


def nested(opener: str, inside: str, closer: str) -> Callable[[int], str]:
    """All openers, then all closers."""

    def text(size: int) -> str:
        times = size // (len(opener) + len(closer))
        return opener * times + inside + closer * times

    return text


def around(before: str, motif: str, after: str) -> Callable[[int], str]:
    """The motif over and over between a beginning and an end."""
    return lambda size: before + motif * (size // len(motif)) + after


UNCLOSED = {
    "template": "{{a|",
    "template, no bar": "{{a ",
    "template with value": "{{a|b=",
    "argument": "{{{a|",
    "braces": "{",
    "link": "[[",
    "link with text": "[[a|b ",
    "file link": "[[File:x|",
    "external link": "[http:",
    "external link with text": "[http://a b ",
    "external link, no scheme": "[//a b ",
    "ref": "<ref>",
    "ref with name": '<ref name="a">',
    "div": "<div>",
    "div with style": '<div style="a">',
    "li": "<li>",
    "tag cut off": "<div ",
    "tag with open quote": '<div a="',
    "tag with either quote": "<div a=\"<div b='",
    "comment": "<!--",
    "nowiki": "<nowiki>",
    "pre": "<pre>",
    "math": "<math>",
    "gallery": "<gallery>",
    "table": "{|\n",
    "table on one line": "{|",
    "table with row": "{|\n|-\n",
    "table with cells": "{|\n|a||b\n",
    "heading": "== a\n",
    "headings on a line": "== a ",
    "entity": "&",
    "entity, long": "&amp",
    "free link": "http://a ",
    "colons": ":",
    "lists": "*#:;",
    "term": ";a",
    "rule": "----",
    "quotes": "''''",
    "quotes with words": "'''a''b",
}
MIXED = {
    "template and link": "{{a|[[b",
    "ref and cite": "<ref>{{cite",
    "ref and cite with value": "<ref>{{cite web|url=http://a ",
    "div and template": "<div>{{a|",
    "template and div closed inside": "{{a|<div>}}",
    "link and div closed inside": "[[a|<div>]]",
    "template with link closed inside": "{{a|[[b|}}",
    "link with template closed inside": "[[a|{{b|]]",
    "table and template": "{|\n|{{a|\n",
    "table and div": "{|\n|<div>\n",
    "comment and template": "<!--{{a|",
    "tag in tag": "<a <a ",
    "tags crossed": "<b><i></b></i>",
    "tag with template": "<a b={{",
    "tag with link": "<a b=[[",
    "tag with quoted template": '<a b="{{',
    "external link with template": "[http://a{{b|",
    "link looking external": "[[http://a ",
    "everything": "{{a|[[b|<ref>{|\n|<div>[http://a ''<!--",
    "name with newline": "{{a\nb|",
    "name with comment": "{{<!-- -->",
    "brace in value": "{{a|{ {",
    "heading in template": "{{a|\n==b",
}
CLOSED = {
    "templates": "{{a}}",
    "templates with value": "{{a|b=c}}",
    "links": "[[a]]",
    "links with text": "[[a|b]]",
    "refs": "<ref>a</ref>",
    "self-closed refs": '<ref name="a"/>',
    "breaks": "<br>",
    "entities": "&amp;",
    "external links": "[http://a b] ",
    "free links": "http://a.b ",
    "small tables": "{|\n|a\n|}\n",
    "headings": "== a ==\n",
    "comments": "<!-- -->",
    "list items": "* a\n",
    "attributes": '<i a="b">c</i>',
    "bold": "'''a''' ",
    "closers alone": "}}]]</ref></div>|}\n",
    "template closers": "}}",
    "link closers": "]]",
    "tag closers": "</b>",
}
SHAPED = {
    "one line of letters": repeated("a"),
    "one line of words": repeated("word "),
    "one bracket, one long line": around("[", "a", ""),
    "one tag, one long line": around("<", "a", ""),
    "one tag, one long attribute": around('<a b="', "c ", ""),
    "lines": repeated("\n"),
    "bars in a template": around("{{a", "|b", "}}"),
    "named bars in a template": around("{{a", "|b=c", "}}"),
    "bars in a link": around("[[a", "|b", "]]"),
    "bars in a table": around("{|\n", "||a", "\n|}"),
    "cells of a table": around("{|\n", "|a\n", "|}"),
    "rows of a table": around("{|\n", "|-\n|a||b\n", "|}"),
    "styled cells of a table": around("{|\n", "| a=b | c\n", "|}"),
    "attributes of a tag": around("<a ", "b=c ", ">d</a>"),
    "deep templates": nested("{{a|", "x", "}}"),
    "deep templates, bare": nested("{{", "x", "}}"),
    "deep arguments": nested("{{{", "x", "}}}"),
    "deep links": nested("[[a|", "x", "]]"),
    "deep file links": nested("[[File:a|", "x", "]]"),
    "deep divs": nested("<div>", "x", "</div>"),
    "deep refs": nested("<ref>", "x", "</ref>"),
    "deep tags with a stray closer": nested("<b>", "</i>", "</b>"),
    "deep tables": nested("{|\n|\n", "x", "\n|}"),
    "deep tables in styles": nested("{|\n|", "x", "\n|}|y\n"),
    "deep external links": nested("[http://a ", "x", "]"),
    "deep mixture": nested("{{a|[[b|<i>", "x", "</i>]]}}"),
    "deep names": nested("{{a {{b ", "x", "\nx}}}}"),
    "closed at the end only": around("", "{{a|", "}}"),
    "closed at the end only, links": around("", "[[a|", "]]"),
    "closed at the end only, divs": around("", "<div>", "</div>"),
    "closed at the end only, refs": around("", "<ref>", "</ref>"),
    "closed at the end only, comments": around("", "<!--", "-->"),
    "closers first": lambda size: "}}" * (size // 8) + "{{a|" * (size // 8),
    "link closers first": lambda size: "]]" * (size // 8) + "[[a|" * (size // 8),
    "one template around much": around("{{a|", "[[b]] <i>c</i> ", "}}"),
    "one open template before much": around("{{a|", "[[b]] {{c}} ", ""),
    "one ref around much": around("<ref>", "{{b|c}} ", "</ref>"),
    "heading around much": around("==", "{{b|c}} ", "==\n"),
    "equals on a line": around("== a ", "= b ", "==\n"),
    "stops after a link": around("http://a", ".", ""),
}


def cases() -> dict[str, Callable[[int], str]]:
    """Every case by name, as a function of its size in characters."""
    named = {f"unclosed {name}": repeated(motif) for name, motif in UNCLOSED.items()}
    named |= {f"mixed {name}": repeated(motif) for name, motif in MIXED.items()}
    named |= {f"closed {name}": repeated(motif) for name, motif in CLOSED.items()}
    return named | SHAPED


def measured(name: str, size: int, *, raw: bool) -> str:
    """One line of the table, for a process that has done nothing else."""
    text = cases()[name](size)
    start = time.process_time()
    harmless, unread = (text, ()) if raw else sanitize(text)
    between = time.process_time()
    code = mwparserfromhell.parse(harmless, skip_style_tags=True)
    seconds = time.process_time() - start
    same = "same" if harmless is text else f"{len(unread)} unread"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ok = (
        len(harmless) == len(text)
        and (raw or str(code) == harmless)
        and seconds <= BAR_SECONDS
        and peak <= BAR_MEGABYTES
    )
    verdict = "" if ok else "  OVER"
    return f"{name:38} {size:>9,} {between - start:7.2f} {seconds:8.2f} {peak:7.0f}  {same}{verdict}"


def main() -> int:
    """Prints the table; the exit code is 1 when a case is over the bar."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("words", nargs="*", help="run the cases whose names contain one of these")
    arguments.add_argument("--size", type=int, default=2_000_000)
    arguments.add_argument("--raw", action="store_true", help="parse without making the text harmless")
    arguments.add_argument("--one", help=argparse.SUPPRESS)
    arguments.add_argument("--timeout", type=float, default=60.0, help="seconds for one case")
    given = arguments.parse_args()
    if given.one:
        print(measured(given.one, given.size, raw=given.raw))
        return 0
    print(f"{'case':38} {'size':>9} {'defuse':>7} {'seconds':>8} {'peak MB':>7}")
    bad = 0
    for name in cases():
        if given.words and not any(word in name for word in given.words):
            continue
        command = [
            sys.executable,
            __file__,
            "--one",
            name,
            "--size",
            str(given.size),
            *(["--raw"] if given.raw else []),
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=given.timeout,
                check=False,
                cwd=Path(__file__).parents[2],
            )
            line = (
                done.stdout.rstrip()
                or f"{name:38} {given.size:>9,} ended with {done.returncode} {done.stderr[-200:].strip()}  OVER"
            )
        except subprocess.TimeoutExpired:
            line = f"{name:38} {given.size:>9,}         > {given.timeout:.0f} s  OVER"
        bad += line.endswith("OVER")
        print(line, flush=True)
    print(f"{bad} over the bar of {BAR_SECONDS:.0f} s and {BAR_MEGABYTES:.0f} MB")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
