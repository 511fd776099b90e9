"""Define the demo scenario: one article and a dozen edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from watcher.demo.wiki_store import WikiStore

TITLE = "Human trafficking"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY = timedelta(hours=3)

# The images that the article shows.
IMAGES = (
    "Harbour workers at dawn.jpg", "Detected victims by region 2020.svg", "Detected victims by region 2022.svg",
    "Palermo signing hall.jpg", "Poster at a bus station.jpg", "Hotline desk.jpg",
)  # fmt: skip

Edit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ScenarioEdit:
    """An edit of the story: `label` names it, `build` makes its text from the text before."""

    label: str
    editor: str
    comment: str
    build: Edit
    minor: bool = False
    tags: tuple[str, ...] = ()


def texts() -> Iterator[tuple[ScenarioEdit, datetime, str]]:
    """Yield each edit with its time and its whole text, in order."""
    text = ""
    for number, step in enumerate(STORY):
        text = step.build(text)
        yield step, BEGIN + EVERY * number, text


def apply_edits(store: WikiStore) -> Iterator[tuple[ScenarioEdit, int]]:
    """Save the story in `store`, one edit for each step of the iterator: yields the edit and its revision id."""
    for number, name in enumerate(IMAGES):
        store.upload(name, f"image {number}".encode(), at=BEGIN)
    for step, at, text in texts():
        saved = store.edit(
            TITLE, text, editor=step.editor, comment=step.comment, at=at, minor=step.minor, tags=step.tags
        )
        yield step, saved


def baseline(_: str = "") -> str:
    """Return the article as the story begins."""
    return files(__package__).joinpath("article.wikitext").read_text(encoding="utf-8").rstrip()


def swap(old: str, new: str) -> Edit:
    """Build an edit that replaces `old`, which must occur once."""

    def build(text: str) -> str:
        if text.count(old) != 1:
            raise ValueError(f"the story expects one {old[:60]!r}, found {text.count(old)}")
        return text.replace(old, new)

    return build


def sequence(*edits: Edit) -> Edit:
    """Build one edit from several."""

    def build(text: str) -> str:
        for edit in edits:
            text = edit(text)
        return text

    return build


def remove_citation(title: str) -> Edit:
    """Build an edit that removes the reference with that title."""

    def build(text: str) -> str:
        start = text.rindex("<ref", 0, text.index(f"|title={title}"))
        return text[:start] + text[text.index("</ref>", start) + len("</ref>") :]

    return build


def moved_section(heading: str, renamed: str, before: str) -> Edit:
    """Build an edit that renames the section under `heading` and moves it before the section `before`."""

    def build(text: str) -> str:
        start = text.index(f"\n== {heading} ==\n")
        end = text.index("\n== ", start + 1)
        section = text[start:end].replace(f"== {heading} ==", f"== {renamed} ==")
        rest = text[:start] + text[end:]
        location = rest.index(f"\n== {before} ==\n")
        return rest[:location] + section + rest[location:]

    return build


def _vandalised(_: str) -> str:
    return "this page is FAKE, 999 million people know it"


def _restored(_: str) -> str:
    text = ""
    for step in STORY:
        if step.build is _vandalised:
            break
        text = step.build(text)
    return text


NEW_SOURCE = (
    '<ref name="ILO2022">{{cite report |title=Global Estimates of Modern Slavery 2022 '
    "|url=https://www.ilo.org/publications/global-estimates-2022 |publisher=International Labour Organization "
    "|date=12 September 2022}}</ref>"
)
NEW_ROW = '|-\n| 2021 || 27.6 million || 3.5 || ILO and Walk Free<ref name="ILO2022" />\n'

STORY: tuple[ScenarioEdit, ...] = (
    ScenarioEdit("baseline", "Lena Ostrow", "Rewrite from current sources", baseline),
    ScenarioEdit(
        "copy-edit",
        "Quillfish",
        "wording",
        sequence(
            swap("Trade in people is as old as war and debt.", "The trade in people is as old as war and debt."),
            swap("inspections are the usual answers.", "inspections are the answers usually given."),
        ),
        minor=True,
    ),
    ScenarioEdit(
        "honest update with a new source",
        "Lena Ostrow",
        "/* Prevalence */ newer estimate, 2021",
        sequence(
            swap("In 2016, the ILO and the [[Walk Free", "In 2021, the ILO and the [[Walk Free"),
            swap("24.9 million people were in forced labour", "27.6 million people were in forced labour"),
            swap("16 million of them worked", "17.3 million of them worked"),
            swap('employers.<ref name="ILO2017" />', f"employers.{NEW_SOURCE}"),
            swap('ILO and Walk Free<ref name="ILO2017" />\n', f'ILO and Walk Free<ref name="ILO2017" />\n{NEW_ROW}'),
        ),
    ),
    ScenarioEdit(
        "quiet change of one figure",
        "203.0.113.77",
        "",
        swap("at 21 million victims in its 2012 estimate", "at 25 million victims in its 2012 estimate"),
    ),
    ScenarioEdit("vandalism", "198.51.100.9", "fixed", _vandalised, tags=("mw-replace",)),
    ScenarioEdit(
        "revert of the vandalism",
        "Quillfish",
        "Reverted edit by [[Special:Contributions/198.51.100.9|198.51.100.9]] to last version by 203.0.113.77",
        _restored,
        tags=("mw-rollback",),
    ),
    ScenarioEdit(
        "figure replaced",
        "Mapmaker Io",
        "newer chart",
        swap("[[File:Detected victims by region 2020.svg", "[[File:Detected victims by region 2022.svg"),
    ),
    ScenarioEdit(
        "citation dropped", "Tidy Tom", "rm dead link", remove_citation("The part of the iceberg above water")
    ),
    ScenarioEdit(
        "section renamed and moved",
        "Lena Ostrow",
        "/* Profits */ renamed, before Prevalence",
        moved_section("Profits", "Economics", before="Prevalence"),
    ),
    ScenarioEdit(
        "number in a caption changed",
        "Mapmaker Io",
        "caption",
        swap("38 of 166 countries reported a fall in 2020", "83 of 166 countries reported a fall in 2020"),
    ),
    ScenarioEdit(
        "claim turned round",
        "203.0.113.77",
        "ce",
        swap("It does not require that a border is crossed", "It does require that a border is crossed"),
    ),
    ScenarioEdit(
        "citation bot",
        "RefTidyBot",
        "Bot: order of parameters, access dates",
        sequence(
            swap(
                "{{cite web |title=Protocol to Prevent",
                "{{Cite web |access-date=3 March 2026 |title=Protocol to Prevent",
            ),
            swap("|date=15 November 2000 |access-date=4 January 2026}}", "|date=15 November 2000}}"),
            swap(
                "trafficking-status |publisher=United Nations Treaty Collection |access-date=4 January 2026",
                "trafficking-status |access-date=3 March 2026 |publisher=United Nations Treaty Collection",
            ),
        ),
        minor=True,
        tags=("bot",),
    ),
    ScenarioEdit(
        "links and formatting",
        "Tidy Tom",
        "links, spacing",
        sequence(
            swap("which bind workers before they arrive.", "which [[Debt bondage|bind workers]] before they arrive."),
            swap("== See also ==\n* [[Debt bondage]]\n* [[Forced", "==See also==\n*[[Debt bondage]]\n*[[Forced"),
        ),
        minor=True,
    ),
)
