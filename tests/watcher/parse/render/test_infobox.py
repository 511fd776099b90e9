from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect, TextKind
from watcher.parse.analysis import analyse

ENGLISH = Dialect()
BOX = """{{Infobox port
| name        = Deal
| image       = Deal pier.jpg
| caption     = The pier in ''May''<ref name=pier />
| image_size  = 220px
| opened      = {{start date|1864|11|8|df=yes}}
| ships       = {{formatnum:12345}} a year<ref>Harbour office, report 7.</ref>
| goods       = {{plainlist|
* salt
* wool
}}
| owner       =
| area        = {{convert|12|ha|acre}}
}}"""


def labelled(text: str, where: TextKind = TextKind.INFOBOX):
    return [(sentence.label, sentence.text) for sentence in analyse(text, ENGLISH).sentences if sentence.where is where]


def test_each_parameter_that_says_something_is_a_sentence_under_its_name():
    assert labelled(BOX) == [
        ("name", "Deal"),
        ("opened", "8 November 1864"),
        ("ships", "12,345 a year"),
        ("goods", "salt"),
        ("goods", "wool"),
        ("area", "12 ha"),
    ]


def test_each_release_date_keeps_its_place():
    box = (
        "{{Infobox film\n| released = {{Film date|2019|9|6|Ebb|2020|1|df=yes}}\n| shown = {{Film date|1954|01|27}}\n}}"
    )
    assert labelled(box) == [("released", "6 September 2019 (Ebb), January 2020"), ("shown", "January 27, 1954")]


def test_a_release_date_that_is_none_stays_as_it_is():
    assert labelled("{{Infobox film\n| released = {{Film date|TBA|Ebb}}\n}}") == [("released", "TBA, Ebb")]


def test_the_picture_of_a_box_is_a_figure_and_its_caption_a_caption():
    analysis = analyse(BOX, ENGLISH)
    assert [(figure.file, figure.caption) for figure in analysis.figures] == [("Deal pier.jpg", "The pier in May")]
    assert labelled(BOX, TextKind.CAPTION) == [("", "The pier in May")]
    assert analysis.uses[0] == "pier"


def test_a_reference_in_a_parameter_belongs_to_it():
    analysis = analyse(BOX, ENGLISH)
    assert [sentence.label for sentence in analysis.sentences if sentence.cites] == ["", "ships"]
    assert len(analysis.references) == 1


def test_a_parameter_has_its_own_place():
    ships = next(sentence for sentence in analyse(BOX, ENGLISH).sentences if sentence.label == "ships")
    assert BOX[ships.location.start : ships.location.end].strip().startswith("ships       = {{formatnum:12345}}")


@for_each(
    ("text", "expected"),
    [
        ("{{Ports of Kent}}", [("navigation", "Ports of Kent")]),
        ("{{Short description|Harbour in Kent}}", [("short description", "Harbour in Kent")]),
        ("{{Main|Ports of Kent}}", [("hatnote", "Ports of Kent")]),
        ("{{See also|Dover|Deal}}", [("hatnote", "Dover, Deal")]),
        ("[[Category:Ports in Kent|Deal]]", [("category", "Category:Ports in Kent")]),
        ("[[de:Hafen]]", [("interlanguage", "de:Hafen")]),
        ("{{DEFAULTSORT:Deal, Port of}}", [("defaultsort", "Deal, Port of")]),
        ("{{Commons category|Deal}}", [("commons category", "Deal")]),
        ("{{Use dmy dates|date=May 2020}}", []),
        ("{{Some box|colour=red|bodyclass=wide|style=a}}", []),
        ("{{Some box|name=|}}", []),
        ("{{Some box|text=three words here|width=20em}}", [("text", "three words here")]),
        ("{{Outer|module={{Inner|depth=12 m}}}}", [("depth", "12 m")]),
        ("{{Outer|crew={{rank|Lieutenant|RN}}}}", [("crew", "Lieutenant RN")]),
        ("{{Outer|flag={{GBR}}[[Deal]]}}", [("flag", "GBR Deal")]),
        ("{{Outer|where={{coord|51|13|N|display=title}}}}", [("where", "51 13 N")]),
    ],
)
def test_what_stands_beside_the_text_is_not_lost(text: str, expected: list[tuple[str, str]]):
    assert labelled(text) == expected
