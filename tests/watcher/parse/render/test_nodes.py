from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect, TextKind
from watcher.parse.analysis import analyse

ENGLISH = Dialect()
LEGEND = ("Map", "Red: 12 t", "Blue: 3 t")


def passages_of(text: str):
    return [(sentence.where.value, sentence.text) for sentence in analyse(text, ENGLISH).sentences]


@for_each(
    ("text", "words"),
    [
        ("[[Port of Deal|the port]] and [[harbour]]s", "the port and harbours"),
        ("[https://a.example/x the log] and [https://a.example/y]", "the log and"),
        ("see https://a.example/x now", "see https://a.example/x now"),
        ("salt &amp; wool &lt; 3&nbsp;t", "salt & wool < 3 t"),
        ("salt<!-- not --> and<br />wool", "salt and wool"),
        ("<nowiki>''[[x]]''</nowiki> is text", "''[[x]]'' is text"),
        ("10<sup>6</sup> km<sup>2</sup>, the 20<sup>th</sup>, CO<sub>2</sub>", "10⁶ km², the 20th, CO2"),
        ("<span style='color:red'>12</span> <small>ships</small>", "12 ships"),
        ("the <u>''big''</u> <s>old</s> ship", "the big old ship"),
        ("{{{1|twelve}}} ships", "twelve ships"),
        ("{{{count}}} ships", "count ships"),
        ("10<sup>''6''</sup> and 3<sup></sup>", "106 and 3"),
        ("__NOTOC__ twelve ships", "twelve ships"),
        ("-{twelve}- ships", "twelve ships"),
        ("[[ship|ship's]] ''bell''", "ship's bell"),
        ("''[[Ark|the Ark']]'' sank", "the Ark' sank"),
        ("open <div class=x> never closed", "open never closed"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_markup_is_read_as_its_words(text: str, words: str):
    assert passages_of(text) == [("prose", words)]


@for_each(
    ("text", "expected"),
    [
        ("* salt\n* wool\n** raw wool", [("list", "salt"), ("list", "wool"), ("list", "raw wool")]),
        ("# salt\n#: more salt", [("list", "salt"), ("list", "more salt")]),
        ("; Salt : white\n: and dear", [("list", "Salt"), ("list", "white"), ("prose", "and dear")]),
        (": said aside", [("prose", "said aside")]),
        ("Before:\n* salt\nAfter.", [("prose", "Before:"), ("list", "salt"), ("prose", "After.")]),
        ("One line\nand the next.\n\nAnother.", [("prose", "One line and the next."), ("prose", "Another.")]),
        ("<blockquote>Heard.</blockquote>Seen.", [("quote", "Heard."), ("prose", "Seen.")]),
        ("<blockquote>\n* Heard.\n</blockquote>", [("quote", "Heard.")]),
        ("<poem>One\nTwo</poem>", [("quote", "One Two")]),
        ("<div>In.</div>Out.", [("prose", "In."), ("prose", "Out.")]),
        ("<ul><li>salt</li><li>wool</li></ul>", [("list", "salt"), ("list", "wool")]),
        ("let <math>x = 1</math> be", [("prose", "let be"), ("prose", "x = 1")]),
        ("<pre>a ''b''</pre>", [("prose", "a ''b''")]),
        ("[[File:A.png|thumb|Map<br>Red: 12 t{{legend|#f00|Blue: 3 t}}]]", [("caption", line) for line in LEGEND]),
        ("One.<references />Two.", [("prose", "One."), ("prose", "Two.")]),
        ("<gallery>\nno picture\n</gallery>", [("prose", "no picture")]),
        ("----\nAfter.", [("prose", "After.")]),
        ("<syntaxhighlight lang=c>int x;</syntaxhighlight>", [("prose", "int x;")]),
        ("== Ships ==\n", []),
        ("{{Nest|\n== Ships ==\n}}", [("infobox", "Ships")]),
    ],
)
def test_blocks_and_lines_are_passages(text: str, expected: list[tuple[str, str]]):
    assert passages_of(text) == expected


@for_each(
    ("text", "file", "caption", "alt"),
    [
        ("[[File:Pier.jpg|thumb|The [[pier]] in ''May''.]]", "Pier.jpg", "The pier in May.", ""),
        ("[[Image:Pier.jpg|right|200px|alt=Wooden pier|12 ships]]", "Pier.jpg", "12 ships", "Wooden pier"),
        ("<gallery>\nFile:Pier.jpg|12 ships\n</gallery>", "Pier.jpg", "12 ships", ""),
        (
            "{{multiple image|image1=Pier.jpg|caption1=12 ships|alt1=Wooden pier}}",
            "Pier.jpg",
            "12 ships",
            "Wooden pier",
        ),
    ],
)
def test_a_picture_is_a_figure_with_a_caption_of_its_own(text: str, file: str, caption: str, alt: str):
    analysis = analyse(text, ENGLISH)
    assert [(figure.file, figure.caption, figure.alt) for figure in analysis.figures] == [(file, caption, alt)]
    assert [(sentence.where, sentence.text) for sentence in analysis.sentences] == [(TextKind.CAPTION, caption)]


def test_a_reference_in_a_caption_stays_with_the_caption():
    analysis = analyse("[[File:Pier.jpg|thumb|12 ships.<ref name=log>Log.</ref>]] Trade grew.<ref name=b/>", ENGLISH)
    assert [(sentence.text, sentence.cites) for sentence in analysis.sentences] == [
        ("12 ships.", ("log",)),
        ("Trade grew.", ("b",)),
    ]
    assert analysis.figures[0].references == ("log",)
    assert analysis.uses == ("log", "b")


@for_each("entity", ["&#x110000;", "&#0;", "&nosuch;", "&#xD800;"])
def test_a_senseless_entity_is_text(entity: str):
    assert len(passages_of(f"A {entity} b")) == 1


def test_a_heading_in_a_line_with_something_else_is_no_content():
    sentences = analyse(
        "== The 12 oldest ports == [[Image:Deal.png|thumb|A port]] Deal has 3 ports.", ENGLISH
    ).sentences
    assert [sentence.text for sentence in sentences if sentence.is_content] == ["A port", "Deal has 3 ports."]
