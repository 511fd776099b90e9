from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Dialect, TextKind
from watcher.parse.analysis import analyse

ENGLISH = Dialect()


def prose(text: str):
    return " ".join(sentence.text for sentence in analyse(text, ENGLISH).sentences if sentence.where is TextKind.PROSE)


@for_each(
    ("text", "words"),
    [
        ("{{As of|2009}}, 12 ships", "As of 2009, 12 ships"),
        ("{{as_of|2009|7|lc=y}} it", "as of July 2009 it"),
        ("about {{convert|12|km|mi}} away", "about 12 km away"),
        ("about {{cvt|12|to|15|km2}} of land", "about 12 to 15 km² of land"),
        ("cost {{US$|31 billion}} then", "cost US$31 billion then"),
        ("cost {{GBP|1.3}}m then", "cost £1.3m then"),
        ("cost {{INR|500}} crore", "cost ₹500 crore"),
        ("cost {{currency|12000|EUR}}", "cost €12,000"),
        ("worth ${{Inflation|US|100|1990}} then", "worth $100 then"),
        ("1900{{snd}}1910 and 1{{ndash}}2{{nbsp}}m", "1900 – 1910 and 1–2 m"),
        ("{{nowrap|12 ''ships''}} left", "12 ships left"),
        ("{{frac|2|3}} of {{frac|1|1|2}}", "2/3 of 1 1/2"),
        ("{{1/2}} of it", "1/2 of it"),
        ("{{formatnum:1234567}} ships", "1,234,567 ships"),
        ("{{val|12.5|u=kg}} each", "12.5 kg each"),
        ("{{percentage|1|3}} or {{percentage|1|3|1}}", "33% or 33.3%"),
        ("aged {{age|1950|5|3|2000|5|2}}", "aged 49"),
        ("{{circa|1900}} it", "c. 1900 it"),
        ("the {{lang|fr|port}} and {{lang-de|Hafen}}", "the port and Hafen"),
        ("the {{abbr|ILO|International Labour Organization}} says", "the ILO says"),
        ("{{ill|Old Port|fr|Vieux-Port}} is", "Old Port is"),
        ("{{ill|Old Port|fr|Vieux-Port|lt=the port}} is", "the port is"),
        ("a {{sic|wierd}} word", "a wierd word"),
        ("{{small|(see below)}} ends", "(see below) ends"),
        ("{{color|red|12}} ships", "12 ships"),
        ("{{sort|012|12}} ships", "12 ships"),
        ("the ship{{'}}s bell, ''Ark''{{'s}} bell", "the ship's bell, Ark's bell"),
        ("{{lc:ABC}} and {{ucfirst:abc}}", "abc and Abc"),
        ("{{#if:x|12 ships|none}} left", "12 ships left"),
        ("{{Template:Nowrap|12 ships}} left", "12 ships left"),
        ("{{ordinal|3}} and {{ordinal|11}}", "3rd and 11th"),
        ("40{{smallsup|1}} and 5 km{{sup|2}}", "40¹ and 5 km²"),
        ("{{nihongo|Edo|江戸|Edo}} is", "Edo (江戸, Edo) is"),
    ],
)
def test_a_template_reads_as_a_reader_sees_it(text: str, words: str):
    assert prose(text) == words


@for_each(
    ("text", "beside"),
    [
        ("Some {{mystery|three words here}} text", [("mystery", "three words here")]),
        ("Some {{mystery|one|two}} text", [("mystery", "one"), ("mystery", "two")]),
        ("Some {{mystery|kind=old ship}} text", [("kind", "old ship")]),
        ("Some {{nowrap|kind=old ship}} text", [("kind", "old ship")]),
        ("Some {{mystery}} text", [("template", "mystery")]),
        ("Some {{#time:Y|2012-05-03}} text", [("#time", "Y 2012-05-03")]),
        ("Some {{age|1950|5|3}} text", [("age", "1950 5 3")]),
    ],
)
def test_the_words_of_an_unknown_template_stand_beside_the_text(text: str, beside: list[tuple[str, str]]):
    analysis = analyse(text, ENGLISH)
    assert prose(text) == "Some text"
    assert [
        (sentence.label, sentence.text) for sentence in analysis.sentences if sentence.where is TextKind.INFOBOX
    ] == beside


@pytest.mark.parametrize(
    "text",
    [
        "{{quote|We saw no ship.|A. Sailor|1900}}",
        "{{Cquote|text=We saw no ship.|author=A. Sailor}}",
        "{{blockquote|1=We saw no ship.|2=A. Sailor|style=wide|3=}}",
    ],
)
def test_a_quote_is_a_quote_and_its_author_is_kept(text: str):
    written = [
        (sentence.label, sentence.text)
        for sentence in analyse(text, ENGLISH).sentences
        if sentence.where is TextKind.QUOTE
    ]
    assert written[0] == ("", "We saw no ship.")
    assert ("attribution", "A. Sailor") in written


@for_each(
    "text",
    ["{{ubl|salt|wool}}", "{{hlist|salt|wool}}", "{{plainlist|\n* salt\n* wool\n}}", "{{flatlist|\n* salt\n* wool}}"],
)
def test_a_list_in_a_template_is_a_list(text: str):
    result = [(sentence.where, sentence.text) for sentence in analyse(text, ENGLISH).sentences]
    assert result == [(TextKind.LIST, "salt"), (TextKind.LIST, "wool")]


@for_each(
    ("text", "uses", "defined"),
    [
        ("{{reflist|refs=\n<ref name=a>Log of 1900.</ref>\n<ref name=b>Log of 1901.</ref>\n}}", (), 2),
        ("<references><ref name=a>Log of 1900.</ref></references>", (), 1),
        ("Ships.{{sfn|Ode|1900|p=3}}", ("text:ode 1900 p 3",), 1),
        ("{{nowrap|12 ships<ref name=a>Log.</ref>}}", ("a",), 1),
        ("{{US$|12<ref name=a>Log.</ref>}}", ("a",), 1),
        ("{{mystery|12 ships<ref name=a>Log.</ref>}}", ("a",), 1),
        ("{{clear|<ref name=a>Log.</ref>}}", ("a",), 1),
        ("Ships.{{refn|A note.{{sfn|Ode|1900}}{{dead link}}|name=n}}", ("n", "text:ode 1900"), 2),
        ("Ships.{{refn|A note.<ref name=a>Log.</ref>|name=n}}", ("n", "a"), 2),
    ],
)
def test_references_in_templates_are_found_once(text: str, uses: tuple[str, ...], defined: int):
    analysis = analyse(text, ENGLISH)
    if uses and uses[0].startswith("text:"):
        assert len(analysis.uses) == len(uses)
    else:
        assert analysis.uses == uses
    assert len(analysis.references) == defined


@for_each(
    "text",
    [
        "{{pp-dispute|expiry=5 October 2009}}",
        "{{Twoversions|14880685}}",
        "{{Sister project links|n=no|v=no}}",
        "{{Portal box|name1=Tides|image1=Tide.png}}",
        "{{Disputeabout|whether 12 ships never sailed}}",
        "{{Tag of this wiki|date=June 2015}}",
        "{{要改訳|date=2015年10月}}",
        "{{Tag of this wiki|date=2015-10}}",
        "{{要改訳|date=2020年6月20日 (土) 05:01 (UTC)}}",
    ],
)
def test_notices_of_the_wiki_say_nothing_of_the_subject(text: str):
    assert analyse(text, ENGLISH).sentences == ()


@for_each("text", ["{{Landing|date=6 June 1944}}", "{{Landing|date=1944-06-06}}", "{{Infobox landing|date=June 1944}}"])
def test_the_date_of_an_event_is_read(text: str):
    assert [sentence.label for sentence in analyse(text, ENGLISH).sentences] == ["date"]


def test_empty_parameter_of_a_wrapper_gives_way_to_the_next():
    analysis = analyse("Его {{нп5|Тихая река|||Quiet River}} тут.", Dialect(language="ru"))
    assert analysis.sentences[0].text == "Его Тихая река тут."


@for_each(
    ("text", "words"),
    [
        ("See {{仮リンク|言葉|en|Word}} here.", "See 言葉 here."),
        ("See {{le|顯示|Show}} here.", "See 顯示 here."),
        ("A {{safesubst:lc:ABC}} b.", "A abc b."),
        ("A {{subst:nowrap|b c}} d.", "A b c d."),
        ("A {{#tag:nowiki|b c}} d.", "A b c d."),
    ],
)
def test_wrapper_is_known_by_what_it_does(text: str, words: str) -> None:
    assert [sentence.text for sentence in analyse(text, Dialect()).sentences] == [words]


@pytest.mark.parametrize("tag", ["timeline", "math"])
def test_notation_in_a_tag_function_stands_beside_the_text(tag: str) -> None:
    result = analyse(f"Words {{{{#tag:{tag}|a+b|c=d}}}} end.", Dialect()).sentences
    assert [(sentence.text, sentence.label) for sentence in result] == [("Words end.", ""), ("a+b c=d", tag)]
