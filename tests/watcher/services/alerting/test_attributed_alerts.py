"""Test edits of several people within one check: alert, message and queue name each for their own."""

from tests.flows.harness import SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test

HALLS = "\nSome 4,200 people work in 12 halls.\n\n== Law ==\nSailing was forbidden in 1931.\n"
CITED = TEXT + "".join(f"\nIn hall {n} of the year, {1_000 + n * 7} people mend boats.{SOURCE}\n" for n in range(60))
UNCITED = TEXT + "".join(f"\nSome {1_000 + n * 7} people mend boats in hall {n}.\n" for n in range(60))
TEXTS = {"HALLS": HALLS, "CITED": CITED, "UNCITED": UNCITED, "BEGINNING": CITED.replace("1,", "2,")[: len(TEXT)]}


class EditorsPlayer(Player):
    """Plays stories of several editors."""

    def edits(self, *edits: str) -> None:
        """The revision, the editor and the summary of each edit of the only notice."""
        (notice,) = self.world.alerts()[-1].alert.notices
        assert [f"{edit.id} {edit.editor} {edit.comment}" for edit in notice.edits] == [*edits]

    def stored_editor(self, kind: str, editor: str) -> None:
        """Who made the only finding of a kind."""
        (finding,) = (finding for finding in self.world.findings() if finding.kind == kind)
        assert (finding.editor, finding.body["revision"]["editor"]) == (editor, editor)

    def one_critical_notice(self) -> None:
        alert = self.world.alerts()[-1].alert
        assert [notice.severity.label for notice in alert.notices] == ["critical"]
        assert alert.not_listed > 10
        self.alert_has(f"{alert.not_listed} further changes not listed")

    def reasons(self, *codes: str) -> None:
        """The last reasons of the newest finding about a statistic."""
        newest = [finding for finding in self.world.findings() if finding.kind == "statistic.changed"][-1]
        assert newest.body["reasons"][-len(codes) :] == [*codes]

    def explained(self, text: str) -> None:
        newest = [finding for finding in self.world.findings() if finding.kind == "statistic.changed"][-1]
        assert text in newest.body["explanations"]


test_of_several_editors = story_test(__file__, TEXTS, EditorsPlayer)


def test_edits_that_were_undone_before_are_known_of_the_next(either_world: WikiHarness) -> None:
    world = either_world
    changed = TEXT.replace("21 million", "25 million")
    both = changed.replace("Every harbour keeps", "No harbour keeps")
    world.check()
    for number, text in enumerate((changed, TEXT, both, TEXT, changed + "\n.", TEXT)):
        world.edit(text, editor="Ben" if number % 2 else "Ann")
        world.clock.advance(minutes=1)
    world.check()
    world.edit_and_check(TEXT.replace("21 million", "29 million"), editor="Ann")
    newest = max(world.findings(), key=lambda finding: finding.severity)
    known = [
        "an earlier edit by the same editor, revision 6, was undone",
        "3 of the last 7 edits of the article were undone",
        "no edit summary",
    ]
    assert (newest.rank, newest.body["context"]) == (newest.severity.lowest_rank + 3, {"points": 3, "known": known})
