"""Test the work, key and standard fields of footnotes and citation templates."""

import mwparserfromhell

from tests.cases import for_each
from watcher.model import Reference
from watcher.parse.citations.references import is_definition, reference_keys, reference_of

FULL = (
    "last=Ngugi |first=A. |title=Debt and labour |url=https://a.org/1 |work=The Post |date=3 May 2019 |doi=10.1000/XY"
)


def node(text: str):
    return mwparserfromhell.parse(text, skip_style_tags=True).nodes[0]


def cited(text: str) -> Reference:
    reference = reference_of(node(text))
    assert reference is not None
    return reference


KEYS = {
    "name": ('<ref name="A b">T</ref>', ("A b",), True),
    "name with spare spaces and quotes": ("<ref name=' A  b '>T</ref>", ("A b",), True),
    "use": ("<ref name=a />", ("a",), False),
    "empty pair": ("<ref name=a> </ref>", ("a",), False),
    "group": ('<ref name="a" group="note">T</ref>', ("note/a",), True),
    "capital tag": ("<REF NAME=a/>", ("a",), False),
    "unnamed: url": ("<ref>https://www.a.org/b/</ref>", ("url:a.org/b",), True),
    "unnamed in a group": ("<ref group=n>Some words</ref>", ("n/text:some words",), True),
    "unnamed: doi": ("<ref>{{cite journal|doi=10.1000/AB|title=T|url=http://x.y}}</ref>", ("doi:10.1000/ab",), True),
    "unnamed: isbn and pages": (
        "<ref>{{cite book|title=T|isbn=0306406152|pages=3–4}}</ref>",
        ("isbn:9780306406157:3 4",),
        True,
    ),
    "unnamed: title": ("<ref>{{cite book|title=The T!|last=Li}}</ref>", ("title:the t|li",), True),
    "r": ("{{r|a|b c}}", ("a", "b c"), False),
    "r in a group with pages": ("{{R|a|group=n|p=4|name2=b}}", ("n/a", "n/b"), False),
    "r with a slash in the name": ("{{r|UN/2012}}", ("UN/2012",), False),
    "efn": ("{{efn|name=q|Text}}", ("lower-alpha/q",), True),
    "efn again": ("{{efn|name=q}}", ("lower-alpha/q",), False),
    "efn-ua": ("{{Efn-ua|Text|name=q}}", ("upper-alpha/q",), True),
    "refn": ("{{refn|group=note|name=q|Text}}", ("note/q",), True),
    "sfn": ("{{sfn|Li|Ngugi|2010|p=3}}", ("text:li ngugi 2010 p 3",), True),
    "harvnb": ("{{harvnb|Li|2010|pp=3–5}}", ("text:li 2010 p 3 5",), True),
    "ref": ("{{ref|Orr_2009}}", ("endnote/Orr_2009",), False),
    "ref label": ("{{Ref label|q|A|none}}", ("endnote/q",), False),
    "ref without a name": ("{{ref|}}", (), False),
    "note without its words": ("{{note|q}}", (), False),
    "rp is no citation": ("{{rp|12}}", (), False),
    "dead link is no citation": ("{{dead link|date=May 2019}}", (), False),
    "citation needed is no citation": ("{{Citation needed|date=May 2019}}", (), False),
    "other templates are none": ("{{convert|3|km}}", (), False),
    "other tags are none": ("<small>a</small>", (), False),
    "references is none": ("<references />", (), False),
    "a nameless use is none": ("<ref />", (), False),
}


@for_each("name", KEYS)
def test_a_node_uses_its_keys(name: str):
    text, keys, defines = KEYS[name]
    assert reference_keys(node(text)) == keys
    assert is_definition(node(text)) is defines
    assert (reference_of(node(text)) is None) is (not keys)


FIELDS = {
    "cite web": (
        (
            "<ref>{{cite web|last1=Li|first1=Bo|last2=Okoro|title=[[Debt]] in '''towns'''|url=http://a.org/?x=1\n|website=A.org\n"
            "|publisher=Aid|date=2 May 2019|access-date=3 June 2019|archive-url=https://web.archive.org/web/2019/http://a.org/?x=1"
            "|quote=So it is}}</ref>"
        ),
        {
            "template": "cite web",
            "authors": ("Li, Bo", "Okoro"),
            "title": "Debt in towns",
            "url": "http://a.org/?x=1",
            "work": "A.org",
            "publisher": "Aid",
            "date": "2 May 2019",
            "access_date": "3 June 2019",
            "archive_url": "https://web.archive.org/web/2019/http://a.org/?x=1",
            "quote": "So it is",
        },
    ),
    "old names of parameters": (
        "<ref>{{Citeweb|author=Bo Li|title=T|accessdate=2019|archiveurl=http://b.org|newspaper=P|year=2018|month=May}}</ref>",
        {
            "template": "cite web",
            "authors": ("Bo Li",),
            "access_date": "2019",
            "archive_url": "http://b.org",
            "work": "P",
            "date": "May 2018",
        },
    ),
    "journal": (
        "<ref>{{Cite_journal |vauthors=Li B, Okoro C|journal=Towns|volume=3|page=14|doi=doi:10.1000/AbC }}</ref>",
        {"authors": ("Li B", "Okoro C"), "work": "Towns", "pages": "14", "doi": "10.1000/abc"},
    ),
    "book with chapter": (
        "<ref>{{cite book|chapter=One|title=Whole|isbn=0-306-40615-2|editor-last=Sen|editor-first=M|pp=4–5}}</ref>",
        {"title": "Whole", "isbn": "9780306406157", "authors": ("Sen, M",), "pages": "4–5"},
    ),
    "citation": (
        "<ref>{{Citation|surname=Li|given=Bo|title=T|periodical=P}}</ref>",
        {"authors": ("Li, Bo",), "work": "P"},
    ),
    "vcite": ("<ref>{{vcite journal|author=Li B|title=T|journal=J}}</ref>", {"template": "vcite journal", "work": "J"}),
    "spaced and capital template": (
        "<ref>{{ Template:CITE  News\n|title = T }}</ref>",
        {"template": "cite news", "title": "T"},
    ),
    "bare address": (
        "<ref>https://a.org/b</ref>",
        {"url": "https://a.org/b", "text": "https://a.org/b", "template": None},
    ),
    "bracketed address": (
        "<ref>[http://a.org T of it], Aid, 2010.</ref>",
        {"url": "http://a.org", "title": "T of it", "text": "T of it, Aid, 2010."},
    ),
    "address with its copy": (
        "<ref>[http://a.org T] [https://web.archive.org/web/2010/http://a.org Archived]</ref>",
        {"url": "http://a.org", "archive_url": "https://web.archive.org/web/2010/http://a.org", "title": "T"},
    ),
    "copy by template, dead link": (
        "<ref>{{cite web|title=T|url=http://a.org}} {{dead link}}{{webarchive|url=https://archive.today/1/x}}</ref>",
        {"url": "http://a.org", "archive_url": "https://archive.today/1/x", "text": "T"},
    ),
    "plain text with identifiers": (
        "<ref>Li, ''Debt'', ISBN 978-0-306-40615-7, doi:10.1000/AB.</ref>",
        {"isbn": "9780306406157", "doi": "10.1000/ab", "text": "Li, Debt, ISBN 978-0-306-40615-7, doi:10.1000/AB."},
    ),
    "identifiers by template": (
        "<ref>Li. {{doi|10.1000/AB}}</ref>",
        {"doi": "10.1000/ab", "text": "Li. DOI 10.1000/AB"},
    ),
    "Literatur": (
        "<ref>{{Literatur|Autor=Bo Li|Titel=T|Verlag=V|Datum=2019|Seiten=3–4|Sammelwerk=S|Abruf=2020-01-01}}</ref>",
        {
            "authors": ("Bo Li",),
            "title": "T",
            "publisher": "V",
            "date": "2019",
            "pages": "3–4",
            "work": "S",
            "access_date": "2020-01-01",
        },
    ),
    "Internetquelle": (
        "<ref>{{Internetquelle|url=http://a.de|titel=T|werk=W|abruf=x}}</ref>",
        {"url": "http://a.de", "title": "T", "work": "W"},
    ),
    "Lien web": (
        "<ref>{{Lien web|titre=T|url=http://a.fr|nom=Li|prénom=Bo|consulté le=x}}</ref>",
        {"title": "T", "authors": ("Li, Bo",), "access_date": "x"},
    ),
    "Ouvrage": ("<ref>{{Ouvrage|auteur=Bo Li|titre=T|éditeur=E|année=2019}}</ref>", {"publisher": "E", "date": "2019"}),
    "Cita web": (
        "<ref>{{Cita web|título=T|apellidos=Li|nombre=Bo|fecha=2019|sitioweb=S}}</ref>",
        {"title": "T", "authors": ("Li, Bo",), "date": "2019", "work": "S"},
    ),
    "книга": (
        "<ref>{{книга|автор=Ли|заглавие=Т|издательство=И|год=2019|страницы=3}}</ref>",
        {"authors": ("Ли",), "title": "Т", "publisher": "И", "date": "2019", "pages": "3"},
    ),
    "sfn": (
        "{{sfn|Li|Ngugi|2010a|loc=ch. 3}}",
        {"template": "sfn", "authors": ("Li", "Ngugi"), "date": "2010a", "pages": "ch. 3"},
    ),
    "citation template alone": ("{{cite book|title=T|year=2019}}", {"name": None, "title": "T", "date": "2019"}),
    "Cite Q": ("<ref>{{Cite Q|Q123}}</ref>", {"template": "cite q", "text": "Q123"}),
    "volume, place and other words are read": (
        "<ref>{{cite book|title=T|location=Lagos|volume=4|pmid=77}}</ref>",
        {"text": "T. Lagos. PMID 77. 4"},
    ),
    "a citation in an efn": (
        "{{efn|See {{cite web|title=T|url=http://a.org}}}}",
        {"title": "T", "url": "http://a.org", "group": "lower-alpha"},
    ),
}


@for_each("name", FIELDS)
def test_fields_have_standard_names(name: str):
    text, fields = FIELDS[name]
    reference = cited(text)
    assert {field: getattr(reference, field) for field in fields} == fields


SAME = {
    "order": " |".join(reversed(FULL.split(" |"))),
    "spacing": FULL.replace(" |", "|").replace("=", " = "),
    "lines": FULL.replace("|", "\n|"),
    "access date": FULL + "|access-date=4 May 2020",
    "old spelling of a parameter": FULL.replace("last=", "last1=").replace("work=", "newspaper="),
    "doi resolver and case": FULL.replace("10.1000/XY", "https://doi.org/10.1000/xy"),
    "status of the address": FULL + "|url-status=live|df=dmy|url-access=subscription",
    "empty parameters": FULL + "|page=|archive-url=|quote= ",
    "comment": FULL + "|via=<!-- none -->",
    "a parameter given twice": "title=Old |" + FULL,
}


@for_each("name", SAME)
def test_the_way_of_writing_is_no_difference(name: str):
    assert cited(f"<ref name=a>{{{{Cite news|{SAME[name]}}}}}</ref>") == cited(
        f"<ref name=a>{{{{cite News |{FULL} }}}}</ref>"
    )


DIFFERENT = {
    "address": FULL.replace("a.org/1", "a.org/2"),
    "title": FULL.replace("labour", "work"),
    "date": FULL.replace("2019", "2020"),
    "author": FULL.replace("Ngugi", "Li"),
    "work": FULL.replace("The Post", "The Times"),
    "quote": FULL + "|quote=Words",
    "a copy": FULL + "|archive-url=https://web.archive.org/web/2019/https://a.org/1",
    "an edition": FULL + "|edition=2nd",
}


@for_each("name", DIFFERENT)
def test_another_statement_is_a_difference(name: str):
    assert cited(f"<ref name=a>{{{{cite news|{DIFFERENT[name]}}}}}</ref>") != cited(
        f"<ref name=a>{{{{cite news|{FULL}}}}}</ref>"
    )


def test_a_use_says_nothing_but_its_name():
    assert cited('<ref name="a" group=n />') == Reference(key="n/a", name="a", group="n")


@for_each(
    ("text", "expected"),
    [
        ("{{citation}}", False),
        ("{{Citation|date=November 2019}}", False),
        ("{{Citation|section|date=November 2019}}", False),
        ("{{citation|title=Log|date=November 2019}}", True),
        ("{{citation|author=Smith}}", True),
    ],
)
def test_a_citation_that_names_no_work_asks_for_one(text: str, *, expected: bool):
    assert (reference_of(node(text)) is not None) is expected


HOSTILE = [
    "<ref name=>{{cite web|title=|url=}}</ref>",
    "<ref>{{cite web|url=|url=[|title=[[|last=|last99999999999999=x}}</ref>",
    "<ref>&#xFFFFFFFF; &nosuch; {{cite book|isbn=XXXXXXXXXX|doi=x|date={{{1|}}}}}</ref>",
    "<ref>{{cite web|{{cite web|{{cite web|title=x}}}}}}</ref>",
    "{{sfn}}",
    "{{cite web}}",
    "{{r|}}",
    "{{efn|}}",
]


@for_each("text", HOSTILE)
def test_nonsense_is_read_without_an_error(text: str):
    reference = reference_of(node(text))
    assert reference is None or reference.key


@for_each(
    ("note", "expected"),
    [
        ("Orr, [https://a.org/log Log] of the [https://piers.org/index.htm Pier Institute]", []),
        ("{{cite book|title=Log}} by the [https://piers.org Pier Institute]; [https://a.org/tides Tides]", ["Tides"]),
        ("[https://a.org/log Log], [https://a.org?page=2 Tides]", ["Tides"]),
        ("[https://piers.org Piers] and [https://tides.org/ Tides]", ["Tides"]),
    ],
)
def test_the_front_of_a_site_beside_a_work_is_no_work(note: str, expected: list[str]):
    reference = reference_of(node(f"<ref>{note}</ref>"))
    assert reference is not None
    assert [part.title for part in reference.parts] == expected


def test_of_a_note_with_very_many_links_the_first_are_told_apart():
    links = "; ".join(f"[https://a.org/{number} Log {number}]" for number in range(200))
    reference = reference_of(node(f"<ref>{links}</ref>"))
    assert reference is not None
    assert [part.title for part in reference.parts] == [f"Log {number}" for number in range(1, 17)]
