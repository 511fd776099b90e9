"""Test that no second edit takes away what excused the first, and what a restoration is quiet for."""

from tests.cases import parametrize_each
from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import NEW_SOURCE as NEW
from tests.watcher.services.stories import Player, Sent, step, story_test
from watcher.services.history.rejudge import rejudge

REPLACED = CHANGED.replace(SOURCE, NEW)
ADDED = CHANGED.replace(SOURCE, SOURCE + NEW)
SECTIONS = "".join(
    f"\n== Part {number} ==\nIn 20{number}, the office counted {number}40 sailors in Ardal."
    f"<ref>{{{{cite web |title=Office {number} |url=https://office.example/{number}}}}}</ref>\n"
    for number in range(10, 15)
)


TEXTS = {
    "REPLACED": REPLACED,
    "ADDED": ADDED,
    "NEW": NEW,
    "NAMED": NEW.replace("<ref>", '<ref name="n">'),
    "NAMED AS BEFORE": SOURCE.replace("<ref>", '<ref name="n">'),
    "HIDDEN": f'<span style="display:none">{NEW}</span>{SOURCE}',
    "COMMENTED OUT": f"{SOURCE}<!-- {NEW} -->",
    "UNDEFINED": f'{SOURCE}<ref name="gone"/>',
    "BOOK": f"{SOURCE}<ref>{{{{cite book |title=Ships |isbn=978-0-306-40615-7}}}}</ref>",
    "WALL": f"on the wall.{NEW}",
    "GROWN": TEXT + SECTIONS,
    "PORT": f"\nThe port of Camar lists nine cranes.{NEW}\n",
    "BOTH": TEXT.replace(SOURCE, SOURCE + NEW),
}


class RestorationPlayer(Player):
    """Plays stories of restored texts."""

    def account(self, edits: int) -> None:
        """Make the editor one of so many edits."""
        self.world.store.accounts["Editor"] = {"editcount": edits}

    def done(self, *findings: str) -> None:
        """The findings of the last check, each with its severity."""
        assert self.lines() == [*findings]

    def has_done(self, finding: str) -> None:
        assert finding in self.lines()

    def worst(self, severity: str) -> None:
        (last,) = self.outcomes
        assert last.comparison
        assert last.comparison.worst
        assert last.comparison.worst.label == severity

    def sections(self, severity: str, count: int) -> None:
        """How many sections were removed, each with this severity."""
        assert [line.partition(":")[0] for line in self.lines() if ": section" in line] == [severity] * count

    def lines(self) -> list[str]:
        (last,) = self.outcomes
        assert last.comparison
        return [f"{finding.severity.label}: {finding.summary}" for finding in last.comparison.findings]


test_what_was_quiet_for_its_source = story_test(__file__, TEXTS, RestorationPlayer)


@parametrize_each(("excused", "plain"))
def test_a_change_alerts_when_its_source_is_taken_away(world: WikiHarness, excused: str, plain: str):
    player = Player(world, TEXTS)
    harmful = ["messages", "change: 21 million → 25 million boats"]
    player.play([["check"], ["step", excused, "quiet"], ["messages"], ["step", plain, "alert"], harmful])
    assert "it came with a source that is no longer cited there" in player.sent[0][1].notices[0].explanations


def test_both_are_named_who_put_it_in_and_who_took_the_source_away(world: WikiHarness):
    world.check()
    for text, editor in ((ADDED, "Ann"), (CHANGED, "RefBot")):
        world.edit_and_check(text, editor=editor)
    (delivery,) = world.alerts()
    assert [edit.editor for edit in delivery.alert.notices[0].edits] == ["Ann", "RefBot"]


def test_judging_again_keeps_what_was_told_again(world: WikiHarness):
    world.check()
    for text in (ADDED, CHANGED):
        step(world, text)
    begin = world.clock()
    with world.services() as services:
        report = rejudge(services, begin.replace(year=begin.year - 1), write=True)
    assert (report.judged, report.findings, report.fewer) == (2, 0, [])


def test_a_source_that_left_another_sentence_only_still_excuses_what_cites_it(world: WikiHarness):
    def text(unit: str, fare: str) -> str:
        return f"The network has 212 {unit} of track.{NEW}\n\nA ticket costs {fare}\n"

    sent = Sent()
    world.edit_and_check(text("kilometres", f"45 crowns.{NEW}"))
    assert step(world, text("km", f"45 crowns.{NEW}"), sent) == "quiet"
    assert (step(world, text("km", f"52 crowns.{SOURCE}"), sent), sent.texts) == ("quiet", [])
