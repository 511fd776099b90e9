from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect, Tag
from watcher.parse.analysis import analyse
from watcher.parse.template_names import maintenance_tag

ENGLISH = Dialect()


@for_each(
    ("template", "tag"),
    [
        ("cn", "citation needed"),
        ("citation needed", "citation needed"),
        ("fact", "citation needed"),
        ("нет аи", "citation needed"),
        ("ต้องการอ้างอิง", "citation needed"),
        ("來源請求", "citation needed"),
        ("dubious", "dubious"),
        ("update needed", "update needed"),
        ("update after", "update needed"),
        ("by whom", "by whom"),
        ("not in source", "failed verification"),
        ("deadlink", "dead link"),
        ("unreliable source?", "unreliable source"),
        ("original research inline", "original research"),
        ("more citations needed", "refimprove"),
        ("npov", "pov"),
        ("cleanup section", "cleanup"),
        ("cleanup-section", "cleanup"),
        ("disputeabout", "disputed"),
        ("convert", None),
    ],
)
def test_complaints_have_one_name_in_every_language(template: str, tag: str | None):
    assert maintenance_tag(template) == tag


@for_each(
    ("text", "tags"),
    [
        ("Rents fell.{{cn|date=May 2020}} Wages rose.", [("citation needed", "Rents fell.")]),
        ("Rents fell. {{Cn}} Wages rose.", [("citation needed", "Rents fell.")]),
        ("Rents {{dubious|date=May 2020}} fell. Wages rose.", [("dubious", "Rents fell.")]),
        ("Rents fell.{{when}}{{by whom}}", [("when", "Rents fell."), ("by whom", "Rents fell.")]),
        ("Rents fell.<ref>[http://a.example/x Paper]{{dead link|date=May 2020}}</ref>", [("dead link", "Rents fell.")]),
        ("* Rents fell {{fact}}\n* Wages rose", [("citation needed", "Rents fell")]),
        ("{{citation needed span|Rents fell}} this year.", [("citation needed", "Rents fell this year.")]),
        ("{{Refimprove|date=May 2020}}\n\nRents fell.", [("refimprove", "")]),
        ("{{Multiple issues|\n{{POV|date=May 2020}}\n{{Update}}\n}}", [("cleanup", ""), ("pov", ""), ("outdated", "")]),
        ("{|\n| 12 {{dubious}}\n|}", [("dubious", "12")]),
    ],
)
def test_a_tag_names_the_sentence_it_stands_on(text: str, tags: list[tuple[str, str]]):
    assert analyse(text, ENGLISH).tags == tuple(Tag(name=name, sentence=sentence) for name, sentence in tags)


def test_a_tagged_sentence_says_so_and_reads_as_without_the_tag():
    tagged, bare = (
        analyse(text, ENGLISH).sentences[0] for text in ("Rents fell{{cn}} by half.", "Rents fell by half.")
    )
    assert tagged == bare
    assert (tagged.tags, bare.tags) == (("citation needed",), ())
