"""Test what a maintainer of tables is told: one finding for one act, and each cell that is no part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.judge.tables import ROUND
from watcher.model import Severity
from watcher.model.changes import MAX_CELLS

Rows = Sequence[Sequence[Any]]

REPORT = "<ref>{{cite web |url=https://counts.example/2020/report |title=Report of 2020 |date=2020}}</ref>"
YEARBOOK = "<ref>{{cite web |url=https://counts.example/2021/yearbook |title=Yearbook of 2021 |date=2021}}</ref>"
NAMED_REPORT = '<ref name="report">{{cite book |title=Towns of the sound |isbn=978-0-306-40615-7}}</ref>'
NAMED_YEARBOOK = '<ref name="yearbook">{{cite book |title=Quays and towns |isbn=978-1-4028-9462-6}}</ref>'


def table(head: Sequence[str], rows: Rows, caption: str = "") -> str:
    lines = ['{| class="wikitable"', *([f"|+ {caption}"] if caption else []), "! " + " !! ".join(head)]
    for row in rows:
        lines += ["|-", "| " + " || ".join(map(str, row))]
    return "\n".join((*lines, "|}"))


def page(shown: str, before: str = "The clubs of the sound play twice a year.") -> str:
    return f"A sound in the north.\n\n== Figures ==\n\n{before}\n\n{shown}\n\nThe season ends in May.\n"


def changed(rows: Rows, row: int, column: int, value: Any) -> list[list[Any]]:
    """The rows with another value in one cell."""
    result = [list(each) for each in rows]
    result[row][column] = value
    return result


def without(rows: Rows, column: int) -> list[list[Any]]:
    return [[value for at, value in enumerate(row) if at != column] for row in rows]


def extended(rows: Rows, values: Iterable[Any]) -> list[list[Any]]:
    return [[*row, value] for row, value in zip(rows, values, strict=True)]


LEAGUE = ("Pos", "Club", "Pld", "W", "D", "L", "GF", "GA", "GD", "Pts")
SEASON = {
    "Ardal": (12, 9, 2, 1, 25, 8),
    "Borvik": (12, 8, 2, 2, 22, 10),
    "Camar": (12, 7, 1, 4, 19, 13),
    "Dunmor": (12, 5, 3, 4, 16, 15),
    "Eskby": (12, 4, 4, 4, 14, 14),
    "Farhol": (12, 3, 3, 6, 11, 18),
    "Gullen": (12, 2, 3, 7, 9, 20),
    "Hestra": (12, 0, 2, 10, 6, 24),
}


def league(season: dict[str, tuple[int, ...]]) -> list[list[Any]]:
    ranked = sorted(season.items(), key=lambda item: (-3 * item[1][1] - item[1][2], item[1][5] - item[1][4]))
    return [
        [
            at,
            f"[[{club} FC|{club}]]",
            played,
            won,
            drawn,
            lost,
            gf,
            ga,
            f"{gf - ga:+d}".replace("-", "−"),
            3 * won + drawn,
        ]
        for at, (club, (played, won, drawn, lost, gf, ga)) in enumerate(ranked, 1)
    ]


def played(season: dict[str, tuple[int, ...]], *games: tuple[str, int, str, int]) -> dict[str, tuple[int, ...]]:
    """The season after some more games."""
    result = dict(season)
    for home, goals, away, others in games:
        for club, own, other in ((home, goals, others), (away, others, goals)):
            pld, won, drawn, lost, gf, ga = result[club]
            result[club] = (
                pld + 1,
                won + (own > other),
                drawn + (own == other),
                lost + (own < other),
                gf + own,
                ga + other,
            )
    return result


BEFORE = league(SEASON)
GAMES = (("Ardal", 2, "Hestra", 0), ("Borvik", 1, "Gullen", 1), ("Camar", 3, "Farhol", 2), ("Dunmor", 1, "Eskby", 0))
AFTER = league(played(SEASON, *GAMES))
UPSET = league(played(SEASON, ("Ardal", 0, "Hestra", 1), ("Borvik", 4, "Gullen", 1), *GAMES[2:]))

TOWNS = ("Town", "Population", "Households", "Area (km2)")
CENSUS = (
    ("Ardal", "41,250", "17,300", "41.2"),
    ("Borvik", "32,110", "14,020", "88.0"),
    ("Camar", "25,940", "10,110", "61.5"),
    ("Dunmor", "18,300", "7,950", "20.9"),
    ("Eskby", "12,705", "5,120", "33.3"),
    ("Farhol", "8,412", "3,470", "54.1"),
)
NEXT_CENSUS = (
    ("Ardal", "41,890", "17,610", "41.2"),
    ("Borvik", "32,480", "14,190", "88.0"),
    ("Camar", "25,700", "10,080", "61.5"),
    ("Dunmor", "18,910", "8,240", "20.9"),
    ("Eskby", "12,690", "5,130", "33.3"),
    ("Farhol", "8,540", "3,520", "54.1"),
)
MEDALS = ("Rank", "Nation", "Gold", "Silver", "Bronze", "Total")
GAMES_DAY_5 = (
    (1, "Arvenia", 10, 8, 6, 24),
    (2, "Borland", 9, 9, 9, 27),
    (3, "Castis", 7, 3, 5, 15),
    (4, "Dorne", 3, 3, 2, 8),
)
GAMES_DAY_6 = (
    (1, "Borland", 11, 9, 9, 29),
    (2, "Arvenia", 10, 9, 7, 26),
    (3, "Castis", 7, 4, 5, 16),
    (4, "Dorne", 3, 3, 4, 10),
)
FILMS = ("Year", "Title", "Part", "Notes")
PARTS = (
    (2001, "''The Quay''", "Ana", "–"),
    (2003, "''Low Tide''", "Mrs Holm", "Short"),
    (2007, "''Ferry''", "Rask", "–"),
)
VOTES = ("Party", "Votes", "%", "Seats")
ELECTION = (("Blue", "102,300", "41.2", 34), ("Green", "88,100", "35.5", 29), ("Red", "57,800", "23.3", 18))
YEARS = ("Figure", "2017", "2018", "2019")
BIRTHS = (("Births", "1,200", "1,250", "1,190"), ("Deaths", "900", "940", "910"), ("Marriages", "310", "305", "322"))
LONG = [[at + 1, f"Parish of {chr(65 + at % 26)}ar{at}", f"{1_000 + 7 * at:,}", f"{300 + 3 * at}"] for at in range(70)]
PARISHES = ("Pos", "Parish", "People", "Houses")
TREND = (
    ("Ardal", "{{increase}} 41,250", "{{increase}} 41,900", "{{decrease}} 41,300"),
    ("Borvik", "{{decrease}} 32,110", "–", "–"),
)
SCORES = (("Ardal", "2–1", "0–0"), ("Borvik", "1–3", "2–2"))
DATED = "The table counts matches played on {} November."


def shown(given: Any) -> str:
    """A page with a table of these heads and rows; a page as it is."""
    return given if isinstance(given, str) else page(table(*given))


def cited(source: str) -> tuple[str, ...]:
    return "Town", f"Population{source}", f"Households{source}", "Area (km2)"


def renumbered(rows: Rows) -> list[list[Any]]:
    return [[at, *row[1:]] for at, row in enumerate(rows, 1)]


NOTHING: tuple[str, ...] = ()
# What the edit did; the table or page before and after; how each alert's summary begins; how many findings there are.
ACTS = {
    "a round": ((LEAGUE, BEFORE), (LEAGUE, AFTER), ("table updated",), 1),
    "a round with changed places": ((LEAGUE, BEFORE), (LEAGUE, UPSET), ("table updated",), 1),
    "a round and its date": (
        page(table(LEAGUE, BEFORE), DATED.format(28)),
        page(table(LEAGUE, AFTER), DATED.format(30)),
        ("table updated",),
        1,
    ),
    "a day of games": ((MEDALS, GAMES_DAY_5), (MEDALS, GAMES_DAY_6), ("table updated",), 1),
    "two rows that change places": (
        (LEAGUE, BEFORE),
        (LEAGUE, renumbered([*BEFORE[:2], BEFORE[3], BEFORE[2], *BEFORE[4:]])),
        NOTHING,
        1,
    ),
    "two rows of a long table that change places": (
        (PARISHES, LONG),
        (PARISHES, renumbered([*LONG[:10], LONG[11], LONG[10], *LONG[12:]])),
        NOTHING,
        1,
    ),
    "a column removed": ((LEAGUE, BEFORE), (without([LEAGUE], 8)[0], without(BEFORE, 8)), ("column removed: GD",), 1),
    "a column added": ((TOWNS, CENSUS), ((*TOWNS, "Quays"), extended(CENSUS, (1, 2, 3, 4, 5, 6))), NOTHING, 1),
    "a year's column added": ((YEARS, BIRTHS), ((*YEARS, "2020"), extended(BIRTHS, ("1,210", "930", 300))), NOTHING, 1),
    "a year's column in the place of the first one": (
        (YEARS, BIRTHS),
        ((*without([YEARS], 1)[0], "2020"), extended(without(BIRTHS, 1), ("1,210", "930", 300))),
        ("column removed: 2017",),
        2,
    ),
    "a row added": ((TOWNS, CENSUS), (TOWNS, (*CENSUS, ("Gullen", "7,300", "3,120", "12.4"))), NOTHING, 1),
    "a row added in the middle of places": (
        (LEAGUE, BEFORE),
        (LEAGUE, renumbered([*BEFORE[:5], [6, "Ilms", 12, 4, 0, 8, 10, 19, "−9", 12], *BEFORE[5:]])),
        NOTHING,
        2,
    ),
    "a row added to a long table": (
        (PARISHES, LONG),
        (PARISHES, renumbered([*LONG[:9], (0, "Parish of Zand", "1,066", "331"), *LONG[9:]])),
        NOTHING,
        2,
    ),
    "a row removed": ((LEAGUE, BEFORE), (LEAGUE, renumbered([*BEFORE[:4], *BEFORE[5:]])), ("row removed: Eskby",), 2),
    "a row in the place of another": (
        (TOWNS, CENSUS),
        (TOWNS, (*CENSUS[:2], ("Varhol", "9,940", "4,115", "12.5"), *CENSUS[3:])),
        ("row removed: Camar",),
        2,
    ),
    "a film added": ((FILMS, PARTS), (FILMS, (*PARTS, (2010, "''Lights''", "Ekman", "–"))), NOTHING, 1),
    "a table removed": ((LEAGUE, BEFORE), page(""), ("8 rows removed",), 1),
    "a year's figures from a source in the heads": (
        (cited(REPORT), CENSUS),
        (cited(YEARBOOK), NEXT_CENSUS),
        NOTHING,
        2,
    ),
    "a year's figures from a named source in the heads": (
        (("Town", f"Population{NAMED_REPORT}", 'Households<ref name="report" />', "Area (km2)"), CENSUS),
        (("Town", f"Population{NAMED_YEARBOOK}", 'Households<ref name="yearbook" />', "Area (km2)"), NEXT_CENSUS),
        NOTHING,
        2,
    ),
    "a year's figures from a source in the caption": (
        (TOWNS, CENSUS, f"Towns by people, 2020{REPORT}"),
        (TOWNS, NEXT_CENSUS, f"Towns by people, 2021{YEARBOOK}"),
        NOTHING,
        2,
    ),
    "a year's figures from a source in the sentence above": (
        page(table(TOWNS, CENSUS), f"The towns had these figures in 2020.{REPORT}"),
        page(table(TOWNS, NEXT_CENSUS), f"The towns had these figures in 2021.{YEARBOOK}"),
        NOTHING,
        2,
    ),
    "a year's figures from a source in each row": (
        ((*TOWNS, "Source"), extended(CENSUS, [REPORT] * 6)),
        ((*TOWNS, "Source"), extended(NEXT_CENSUS, [YEARBOOK] * 6)),
        NOTHING,
        3,
    ),
    "a year's figures under heads with the year": (
        (("Town", f"Population (2020){REPORT}", f"Households (2020){REPORT}", "Area (km2)"), CENSUS),
        (("Town", f"Population (2021){YEARBOOK}", f"Households (2021){YEARBOOK}", "Area (km2)"), NEXT_CENSUS),
        NOTHING,
        2,
    ),
    "a year's figures without a source": (
        (TOWNS, CENSUS),
        (TOWNS, NEXT_CENSUS),
        ("table updated", "Camar × Households"),
        2,
    ),
}


@for_each(("old", "new", "alerts", "count"), ACTS.values(), ids=ACTS)
def test_one_act_is_one_finding(old: Any, new: Any, alerts: tuple[str, ...], count: int) -> None:
    findings = compare_wikitext(shown(old), shown(new)).findings
    summaries = [finding.summary for finding in findings if finding.severity >= Severity.MEDIUM]
    assert [summary[: len(alert)] for summary, alert in zip(summaries, alerts, strict=True)] == [*alerts]
    assert len(findings) == count


def of_club(rows: Rows, club: str, column: int, value: Any) -> list[list[Any]]:
    """The rows with another value for one club."""
    row = next(at for at, each in enumerate(rows) if club in str(each[1]))
    return changed(rows, row, column, value)


@for_each(("old", "new", "count"))
def test_a_symbol_follows_its_number(old: str, new: str, count: int) -> None:
    texts = (page(table(YEARS, (("Ardal", "41,250", "41,900", cell),))) for cell in (old, new))
    assert len(compare_wikitext(*texts).findings) == count


# What was falsified; the table before and after; the cell that an alert names, with its new value.
FALSIFIED = {
    "a cell alone": ((LEAGUE, BEFORE), (LEAGUE, of_club(BEFORE, "Camar", 6, 91)), "Camar × GF: 19 → 91"),
    "goals amid a round": ((LEAGUE, BEFORE), (LEAGUE, of_club(AFTER, "Camar", 6, 91)), "Camar × GF: 19 → 91"),
    "a few goals more amid a round": (
        (LEAGUE, BEFORE),
        (LEAGUE, of_club(AFTER, "Eskby", 7, 18)),
        "Eskby × GA: 14 → 18",
    ),
    "victories amid a round": ((LEAGUE, BEFORE), (LEAGUE, of_club(AFTER, "Dunmor", 3, 4)), "Dunmor × W: 5 → 4"),
    "points amid a round": ((LEAGUE, BEFORE), (LEAGUE, of_club(AFTER, "Ardal", 9, 35)), "Ardal × Pts: 29 → 35"),
    "matches amid a round": ((LEAGUE, BEFORE), (LEAGUE, of_club(AFTER, "Gullen", 2, 14)), "Gullen × Pld: 12 → 14"),
    "a value against its column, where nothing adds up": (
        (("Club", "Won"), [(row[1], row[3] * 2) for row in BEFORE]),
        (("Club", "Won"), [(row[1], row[3] * 2 + (-1 if at == 2 else 3 + at)) for at, row in enumerate(BEFORE)]),
        "Camar × Won: 14 → 13",
    ),
    "a step of its own, where nothing adds up": (
        (("Club", "Played"), [(row[1], 20 + at) for at, row in enumerate(BEFORE)]),
        (("Club", "Played"), [(row[1], 21 + at + (at == 4)) for at, row in enumerate(BEFORE)]),
        "Eskby × Played: 24 → 26",
    ),
    "medals amid a day of games": (
        (MEDALS, GAMES_DAY_5),
        (MEDALS, changed(GAMES_DAY_6, 1, 2, 14)),
        "Arvenia × Gold: 10 → 14",
    ),
    "a cell beside an added column": (
        (TOWNS, CENSUS),
        ((*TOWNS, "Quays"), extended(changed(CENSUS, 3, 1, "13,800"), (1, 2, 3, 4, 5, 6))),
        "Dunmor × Population: 18,300 → 13,800",
    ),
    "a cell beside a removed column": (
        (TOWNS, CENSUS),
        (without([TOWNS], 2)[0], without(changed(CENSUS, 3, 1, "13,800"), 2)),
        "Dunmor × Population: 18,300 → 13,800",
    ),
    "a cell beside an added row": (
        (TOWNS, CENSUS),
        (TOWNS, (*changed(CENSUS, 3, 1, "13,800"), ("Gullen", "7,300", "3,120", "12.4"))),
        "Dunmor × Population: 18,300 → 13,800",
    ),
    "a cell of rows that change places": (
        (LEAGUE, BEFORE),
        (LEAGUE, renumbered([*BEFORE[:2], *of_club([BEFORE[3], BEFORE[2]], "Camar", 9, 25), *BEFORE[4:]])),
        "Camar × Pts: 22 → 25",
    ),
    "ten times as much under a new source": (
        (cited(REPORT), CENSUS),
        (cited(YEARBOOK), changed(NEXT_CENSUS, 3, 2, "82,400")),
        "Dunmor × Households: 7,950 → 82,400",
    ),
    "a cell of a long table": (
        (PARISHES, LONG),
        (PARISHES, changed(LONG, 31, 2, "9,217")),
        "Parish of Far31 × People: 1,217 → 9,217",
    ),
    "votes": ((VOTES, ELECTION), (VOTES, changed(ELECTION, 0, 1, "120,300")), "Blue × Votes: 102,300 → 120,300"),
    "a part in a film": (
        (FILMS, PARTS),
        (FILMS, changed(PARTS, 1, 2, "Sailor Dahl")),
        "2003 × Part: Mrs Holm → Sailor Dahl",
    ),
    "a year's births": ((YEARS, BIRTHS), (YEARS, changed(BIRTHS, 0, 2, "2,150")), "Births × 2018: 1,250 → 2,150"),
    "a place of one row": ((LEAGUE, BEFORE), (LEAGUE, changed(BEFORE, 2, 0, 1)), "Camar × Pos: 3 → 1"),
    "places of rows that stay": (
        (LEAGUE, BEFORE),
        (LEAGUE, changed(changed(BEFORE, 2, 0, 4), 3, 0, 3)),
        "Camar × Pos: 3 → 4",
    ),
    "the name of a row": ((LEAGUE, BEFORE), (LEAGUE, changed(BEFORE, 3, 1, "Varhol")), "Club: Dunmor → Varhol"),
    "the head of a column": (
        (TOWNS, CENSUS),
        (("Town", "Children", *TOWNS[2:]), CENSUS),
        "header: Population → Children",
    ),
    "a symbol alone": (
        (YEARS, TREND),
        (YEARS, changed(TREND, 0, 2, "{{decrease}} 41,900")),
        "Ardal × 2018: increase → decrease",
    ),
    "a symbol and its number": (
        (YEARS, TREND),
        (YEARS, changed(TREND, 0, 3, "{{increase}} 42,300")),
        "Ardal × 2019: 41,300 → 42,300",
    ),
    "a score": (
        (("Club", "Ardal", "Borvik"), SCORES),
        (("Club", "Ardal", "Borvik"), changed(SCORES, 0, 1, "2–3")),
        "Ardal × Ardal: 1 → 3",
    ),
    "a score of nothing": (
        (("Club", "Ardal", "Borvik"), SCORES),
        (("Club", "Ardal", "Borvik"), changed(SCORES, 0, 2, "0–3")),
        "Ardal × Borvik: 0 → 3",
    ),
}


@for_each(("old", "new", "alert"), FALSIFIED.values(), ids=FALSIFIED)
def test_a_falsified_cell_is_told_beside_any_act(old: Any, new: Any, alert: str) -> None:
    findings = compare_wikitext(shown(old), shown(new)).findings
    summaries = [finding.summary for finding in findings if finding.severity >= Severity.MEDIUM]
    assert [summary for summary in summaries if summary.startswith(alert)], summaries


BOATS = tuple(zip("Ardal Borvik Camar Dunmor".split(), (795, 640, 512, 433), strict=True))


@for_each(
    ("counts", "is_round"),
    [
        (("805", "655", "520", "440"), True),
        (("1,795", "1,640", "1,512", "1,433"), False),
        (("1795", "1640", "1512", "1433"), False),
        (("805", "655", "520", "940"), False),
    ],
)
def test_a_round_moves_each_value_by_a_small_step(counts: Sequence[str], is_round: bool) -> None:  # noqa: FBT001
    later = [(name, count) for (name, _), count in zip(BOATS, counts, strict=True)]
    (finding,) = compare_wikitext(*(page(table(("Port", "Boats"), rows)) for rows in (BOATS, later))).findings
    assert (ROUND in [reason.code for reason in finding.reasons]) is is_round
    assert (finding.severity is Severity.MEDIUM) is is_round


@for_each(("old", "new"), [("860", "1860"), ("1860", "860"), ("1860", "1060"), ("1860", "2,860")])
def test_a_count_that_looks_like_a_year_is_told_once_as_a_count(old: str, new: str) -> None:
    texts = (page(table(("Port", "Boats"), changed(BOATS, 2, 1, count))) for count in (old, new))
    (finding,) = compare_wikitext(*texts).findings
    assert finding.summary.startswith(f"Camar × Boats: {old} → {new}")
    assert finding.severity >= Severity.HIGH


def test_a_finding_about_a_table_has_a_bounded_size() -> None:
    long = "quays and boats " * 300
    rows, later = ([(f"Parish {chr(65 + at)}", f"{100 + at + more} {long}") for at in range(9)] for more in (0, 7))
    pages = (page(table(("Parish", "Harbour"), each)) for each in (rows, later))
    written = [finding.to_dict() for finding in compare_wikitext(*pages).findings if finding.change.cells]
    assert written
    assert max(len(cell["sentence"]["new"]) for finding in written for cell in finding["cells"]) < 2_000


def test_a_finding_about_a_table_holds_a_bounded_number_of_cells() -> None:
    rows, later = (
        [(f"Parish {chr(65 + at % 26)}a{at}", 1_000 + at + more) for at in range(MAX_CELLS + 50)] for more in (0, 7)
    )
    (finding,) = compare_wikitext(*(page(table(("Parish", "Boats"), each)) for each in (rows, later))).findings
    assert finding.summary.startswith(f"table updated: {MAX_CELLS + 50} cells")
    assert len(finding.change.cells) == MAX_CELLS
