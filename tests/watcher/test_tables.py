"""Test what a maintainer of tables is told: one finding for one act, and each cell that is no part of it."""

from collections.abc import Sequence
from typing import Any

from tests.cases import for_each, table
from watcher import compare_wikitext
from watcher.judge.tables import ROUND
from watcher.model import Severity
from watcher.model.changes import MAX_CELLS

Rows = Sequence[Sequence[Any]]

SOURCES = {
    "REPORT": "<ref>{{cite web |url=https://counts.example/2020/report |title=Report of 2020 |date=2020}}</ref>",
    "YEARBOOK": "<ref>{{cite web |url=https://counts.example/2021/yearbook |title=Yearbook of 2021 |date=2021}}</ref>",
    "NAMED REPORT": '<ref name="report">{{cite book |title=Towns of the sound |isbn=978-0-306-40615-7}}</ref>',
    "NAMED YEARBOOK": '<ref name="yearbook">{{cite book |title=Quays and towns |isbn=978-1-4028-9462-6}}</ref>',
}


def wikitable(head: Sequence[str], rows: Rows, caption: str = "") -> str:
    lines = ['{| class="wikitable"', *([f"|+ {caption}"] if caption else []), "! " + " !! ".join(head)]
    for row in rows:
        lines += ["|-", "| " + " || ".join(map(str, row))]
    return "\n".join((*lines, "|}"))


def page(shown: str, before: str = "The clubs of the sound play twice a year.") -> str:
    return f"A sound in the north.\n\n== Figures ==\n\n{before}\n\n{shown}\n\nThe season ends in May.\n"


TABLES: dict[str, list[list[Any]]] = dict(table(__file__, "tables"))
TABLES["PARISHES"] = [
    ["Pos", "Parish", "People", "Houses"],
    *([at + 1, f"Parish of {chr(65 + at % 26)}ar{at}", f"{1_000 + 7 * at:,}", f"{300 + 3 * at}"] for at in range(70)),
]
YEARS = ("Figure", "2017", "2018", "2019")


class EditedTable:
    """A table to which the edits of a case are made; each is the name of a method and what it is given."""

    def __init__(self, name: str) -> None:
        self.heads, *self.rows = [list(row) for row in TABLES[name]]
        self.shown_above: list[str] = []
        self.shown_caption = ""

    def set(self, row: Any, column: int, value: Any) -> None:
        """Another value in a cell of the row that has a name."""
        next(each for each in self.rows if str(row) in f"{each[0]} {each[1]}")[column] = value

    def swap(self, row: int, other: int) -> None:
        self.rows[row], self.rows[other] = self.rows[other], self.rows[row]

    def renumber(self) -> None:
        for number, row in enumerate(self.rows, 1):
            row[0] = number

    def insert(self, at: int, *values: Any) -> None:
        self.rows.insert(at, list(values))

    def remove(self, row: int) -> None:
        del self.rows[row]

    def add(self, head: str, *values: Any) -> None:
        for row, value in zip([self.heads, *self.rows], [head, *values], strict=True):
            row.append(value)

    def drop(self, column: int) -> None:
        for row in (self.heads, *self.rows):
            del row[column]

    def head(self, column: int, value: str) -> None:
        self.heads[column] = value

    def caption(self, text: str) -> None:
        self.shown_caption = text

    def above(self, text: str) -> None:
        self.shown_above.append(text)


def shown(case: Any) -> str:
    """A page with the table of a case, by its name or with the edits that are made to it; a page without one."""
    if not case:
        return page("")
    name, *edits = (case,) if isinstance(case, str) else case
    edited = EditedTable(name)
    for verb, *given in edits:
        getattr(edited, verb)(*given)
    text = page(wikitable(edited.heads, edited.rows, edited.shown_caption), *edited.shown_above)
    for source, written in SOURCES.items():
        text = text.replace(f"<{source}>", written)
    return text


@for_each(("old", "new", "alerts", "count"))
def test_one_act_is_one_finding(old: Any, new: Any, alerts: tuple[str, ...], count: int) -> None:
    findings = compare_wikitext(shown(old), shown(new)).findings
    summaries = [finding.summary for finding in findings if finding.severity >= Severity.MEDIUM]
    assert [summary[: len(alert)] for summary, alert in zip(summaries, alerts, strict=True)] == [*alerts]
    assert len(findings) == count


@for_each(("old", "new", "alert"))
def test_a_falsified_cell_is_reported_beside_any_act(old: Any, new: Any, alert: str) -> None:
    findings = compare_wikitext(shown(old), shown(new)).findings
    summaries = [finding.summary for finding in findings if finding.severity >= Severity.MEDIUM]
    assert [summary for summary in summaries if summary.startswith(alert)], summaries


@for_each(("old", "new", "count"))
def test_a_symbol_follows_its_number(old: str, new: str, count: int) -> None:
    texts = (page(wikitable(YEARS, (("Ardal", "41,250", "41,900", cell),))) for cell in (old, new))
    assert len(compare_wikitext(*texts).findings) == count


BOATS = tuple(zip("Ardal Borvik Camar Dunmor".split(), (795, 640, 512, 433), strict=True))


@for_each(("counts", "is_round"))
def test_a_round_moves_each_value_by_a_small_step(counts: Sequence[str], is_round: bool) -> None:  # noqa: FBT001
    later = [(name, count) for (name, _), count in zip(BOATS, counts, strict=True)]
    (finding,) = compare_wikitext(*(page(wikitable(("Port", "Boats"), rows)) for rows in (BOATS, later))).findings
    assert (ROUND in [reason.code for reason in finding.reasons]) is is_round
    assert (finding.severity is Severity.MEDIUM) is is_round


def test_a_finding_about_a_table_has_a_bounded_size() -> None:
    long = "quays and boats " * 300
    rows, later = ([(f"Parish {chr(65 + at)}", f"{100 + at + more} {long}") for at in range(9)] for more in (0, 7))
    pages = (page(wikitable(("Parish", "Harbour"), each)) for each in (rows, later))
    written = [finding.to_dict() for finding in compare_wikitext(*pages).findings if finding.change.cells]
    assert written
    assert max(len(cell["sentence"]["new"]) for finding in written for cell in finding["cells"]) < 2_000


def test_a_finding_about_a_table_holds_a_bounded_number_of_cells() -> None:
    rows, later = (
        [(f"Parish {chr(65 + at % 26)}a{at}", 1_000 + at + more) for at in range(MAX_CELLS + 50)] for more in (0, 7)
    )
    (finding,) = compare_wikitext(*(page(wikitable(("Parish", "Boats"), each)) for each in (rows, later))).findings
    assert finding.summary.startswith(f"table updated: {MAX_CELLS + 50} cells")
    assert len(finding.change.cells) == MAX_CELLS


def test_a_status_that_many_rows_have_names_no_row() -> None:
    head = ("Band", "Width", "Status")
    rows = [(3, "84–116", "In use"), (6, "211–275", "In use"), (9, "602–720", "Withdrawn")]
    old = page(wikitable(head, rows))
    (finding,) = compare_wikitext(old, old.replace("Withdrawn", "In use")).at_least(Severity.MEDIUM)
    assert finding.summary == "9 × Status: Withdrawn → In use"
