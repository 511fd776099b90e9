"""Test facts that come from templates, modules and excerpts of a real MediaWiki, and the edits named for them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.mediawiki.wiki import RealWiki, Session
from watcher.model import Severity
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckOutcome
from watcher.services.operations.startup import open_context

pytestmark = [
    pytest.mark.mediawiki,
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/usr/bin/lua5.1").exists(), reason="lua5.1 is not installed (tests/mediawiki/install.sh installs it)"
    ),
]

GROUPS, PAGES, ROUNDS = 10, 30, 20
TICKING = "At {{CURRENTTIME}} on {{#time:j F Y}} there were {{#expr:{{#time:U}} mod 1000}} gulls.\n\n"


@dataclass
class Source:
    """A page that articles show: how it is written around its value, and what the value looks like to readers."""

    title: str
    text: str
    value: int
    shown: str
    noise: int = 0

    def written(self) -> str:
        return self.text.replace("VALUE", str(self.value)).replace("NOISE", self.decoration())

    def decoration(self) -> str:
        """What readers do not see, another one at each edit."""
        forms = [
            "<!-- checked {0} times -->",
            "<noinclude>Documentation, part {0}.</noinclude>",
            "<span class='part-{0}'></span>",
            "[[Category:Sorted {0}]]",
            "<span style='display:none'>{0}</span>",
        ][: 2 if "Crew" in self.title else 5]  # that one is calculated with
        return forms[self.noise % len(forms)].format(self.noise)


@dataclass
class Harbour:
    """Thirty articles in ten groups, and what each group shows; `requests` counts those of the last check."""

    wiki: RealWiki
    editors: tuple[Session, Session]
    folder: Path
    sources: dict[int, list[Source]] = field(default_factory=dict)
    requests: int = 0

    def write(self) -> None:
        alice, _ = self.editors
        for group in range(GROUPS):
            self.sources[group] = [
                Source(f"Template:Count {group}", "VALUENOISE", 210 + group, "{} boats"),
                Source(f"Template:Crew figure {group}", "NOISEVALUE", 40 + group, "{}00 sailors"),
                Source(
                    f"Sound {group}", "In 2012, the sound had VALUE lighthouses.NOISE", 12 + group, "{} lighthouses"
                ),
                Source(
                    f"Module:Fleet {group}",
                    "return { n = function() return 'VALUE ferries' end } -- NOISE",
                    60,
                    "{} ferries",
                ),
            ]
            alice.edit(f"Template:Crew {group}", f"{{{{#expr:100*{{{{Crew figure {group}}}}}}}}} sailors")
            for source in self.sources[group]:
                alice.edit(source.title, source.written())
        for number in range(PAGES):
            alice.edit(f"Harbour {number}", self.article(number))
        titles = "".join(f'[[watch]]\ntitle = "Harbour {number}"\nsettle = "0"\n' for number in range(PAGES))
        (self.folder / "watchlist.toml").write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\nallowed_hosts = ["127.0.0.1:{self.wiki.port}"]\n'
            f'[[wiki]]\nname = "w"\napi = "{self.wiki.api_url}"\nrendered = true\n{titles}'
            '[[destination]]\nname = "inbox"\nurl = "json://127.0.0.1:9/"\n'
        )

    def article(self, number: int, mills: int = 5) -> str:
        group = number % GROUPS
        return (
            f"'''Harbour {number}''' lies by the sea.\n\n{TICKING if number % 3 == 0 else ''}"
            f"In 2012, the survey counted {{{{Count {group}}}}} boats.<ref>Survey of {number}</ref>\n\n"
            f"It had {{{{Crew {group}}}}} in 2012.\n\n== Surroundings ==\n{{{{:Sound {group}}}}}\n\n"
            f"In 2012, {{{{#invoke:Fleet {group}|n}}}} sailed there, and {mills} mills stood there.\n\n<references />"
        )

    def check(self) -> list[CheckOutcome]:
        self.wiki.maintain("runJobs", "--quiet")
        before = self._requests()
        with open_context(self.folder / "watchlist.toml", {}, sleep=lambda _: None) as services:
            outcomes = list(check(services, services.watchlist.watches))
        self.requests = self._requests() - before
        return outcomes

    def _requests(self) -> int:
        return (self.wiki.folder / "server.log").read_text(errors="replace").count("/w/api.php")


def alarms(outcomes: list[CheckOutcome]) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str | None, ...]]]:
    """Each article with what is told of it: the new text, through which pages, by which editors."""
    for outcome in outcomes:
        for finding in outcome.comparison.at_least(Severity.MEDIUM) if outcome.comparison else ():
            editors = tuple(edit.editor for edit in finding.edits)
            yield outcome.watch.title, finding.summary, finding.through, editors


@pytest.fixture
def harbour(wiki: RealWiki, alice: Session, tmp_path: Path) -> Iterator[Harbour]:
    with wiki.session("Bob") as bob:
        made = Harbour(wiki, (alice, bob), tmp_path)
        made.write()
        for _ in range(3):
            made.check()
        yield made


def test_of_a_hundred_edits_of_templates_those_that_readers_see_are_told_and_no_others(harbour: Harbour):
    expected, reported = set(), set()
    numbers = itertools.count(1)
    every = [
        source for position in range(4) for group in range(GROUPS) for source in [harbour.sources[group][position]]
    ]
    for turn in range(ROUNDS):
        for step in range(5):
            number = next(numbers)
            position = (turn * 7 + step * 11) % len(every)
            group, source, editor = position % GROUPS, every[position], number % 2
            if step < 2:
                source.value += 3 + number % 5
                for page in range(group, PAGES, GROUPS):
                    who = ("Alice", "Bob")[editor]
                    expected.add((f"Harbour {page}", source.shown.format(source.value), source.title, who))
            source.noise += 1
            harbour.editors[editor].edit(source.title, source.written(), summary=f"Edit {number}")
        pages = "|".join(f"Harbour {(turn * 3 + step * 7) % PAGES}" for step in range(10))
        harbour.editors[0].do("purge", titles=pages)
        for page, summary, through, editors in alarms(harbour.check()):
            reported.add((page, summary.partition(" → ")[2].partition(" (")[0], *through, *editors))
    assert reported - expected == set()
    assert len(reported & expected) >= 0.95 * len(expected), sorted(expected - reported)
    # Nothing is left for a later round, and an idle round is one request.
    harbour.check()
    assert list(alarms(harbour.check())) == []
    assert harbour.requests <= 1
