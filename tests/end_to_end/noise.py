"""Make two hundred routine edits of the kind that citation bots and copy editors make."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

ARTICLE = """{{Short description|Movement of boats}}
{{Use dmy dates|date=March 2020}}
'''Harbour traffic''' is the movement of boats in and out of harbours. In 2012 the survey put the number of boats at \
21 million worldwide, which is more than in any year before.<ref name="survey">{{cite web |last=Brook |first=Ann \
|title=The tidal survey |url=http://survey.example.org/2012 |date=2012-06-01 |accessdate=3 May 2013 \
|publisher=Tidal Office}}</ref>

== History ==
The first harbours were built of wood, and they rotted within a few years. According to the Tidal Office, 68 percent \
of all boats were owned by families in 1950.<ref>{{cite book |last=Marsh |first=Bert |title=Wooden harbours \
|year=1998 |publisher=Quay Press |isbn=978-0-00-000000-2 |pages=12-14}}</ref> Nobody recieved a licence without an \
examination.

== Economy ==
The yearly profit from harbour fees was estimated at $150 billion in 2014.<ref name="fees">{{cite journal \
|last=Stone |first=Carol |title=Fees and berths |journal=Journal of Harbours |volume=4 |issue=2 |date=1 May 2014 \
|doi=10.1000/182}}</ref> About 4.5 million people work in harbours; most of them are paid by the day, and many of \
them have no contract.{{citation needed|date=May 2019}}

* The northern harbours handle 1,200 ships a month.<ref name="survey" />
* The southern harbours handle 350 ships a month, but the ships are larger.<ref name="fees" />

== See also ==
* [[Lighthouse]]

== References ==
{{reflist}}

[[Category:Harbours]]
"""
FIGURES = (
    ("21 million", "25 million"),
    ("68 percent", "86 percent"),
    ("$150 billion", "$15 billion"),
    ("4.5 million", "5.4 million"),
    ("1,200 ships", "2,100 ships"),
    ("350 ships", "530 ships"),
)

Edit = Callable[[str, random.Random], str]


def _once(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Edit:
    """One random occurrence of a pattern replaced."""

    def edit(text: str, lottery: random.Random) -> str:
        result = list(re.finditer(pattern, text))
        if not result:
            return text
        match = lottery.choice(result)
        new = replacement(match) if callable(replacement) else match.expand(replacement)
        return text[: match.start()] + new + text[match.end() :]

    return edit


def _cited(extra: str) -> Edit:
    """One more parameter for one citation that does not have it."""
    name = extra.partition("=")[0]
    return _once(r"\{\{cite (?:web|book|journal)(?:(?!\}\}|\|" + name + r"=)[^{}])*(?=\}\})", rf"\g<0> |{extra}")


BOT: tuple[Edit, ...] = (
    _cited("archive-url=https://web.archive.org/web/20150101000000/http://survey.example.org/2012"),
    _cited("archive-date=2015-01-01"),
    _cited("url-status=live"),
    _cited("language=en"),
    _cited("s2cid=1234567"),
    _cited("access-date=7 July 2021"),
    _cited("url-access=subscription"),
    _once(r"\|accessdate=", "|access-date="),
    _once(r"http://survey", "https://survey"),
    _once(r"https://survey", "http://survey"),
    _once(r" \|", "|"),
    _once(r"(?<=[\w.])\|(?=[a-z-]+=)", " | "),
    _once(r"\|year=1998", "|date=1998"),
    _once(r"\|date=2012-06-01", "|date=1 June 2012"),
    _once(r"\|date=1 June 2012", "|date=2012-06-01"),
    _once(r"pages=12-14", "pages=12–14"),
    _once(r"\{\{cite (web|book|journal)", r"{{Cite \1"),
    _once(r"\{\{Cite (web|book|journal)", r"{{cite \1"),
    _once(r"\{\{Use dmy dates\|date=\w+ \d+\}\}", "{{Use dmy dates|date=June 2021}}"),
    _once(r"\{\{reflist\}\}", "{{Reflist|30em}}"),
    _once(r"\{\{Reflist\|30em\}\}", "{{reflist}}"),
    _once(r"\|date=May 2019", "|date=June 2019"),
    _once(r'<ref name="(\w+)" />', r'<ref name="\1"/>'),
    _once(r'<ref name="(\w+)"/>', r'<ref name="\1" />'),
)
COPY: tuple[Edit, ...] = (
    _once(r"recieved", "received"),
    _once(r"received", "recieved"),
    _once(r"wood, and they rotted", "wood and rotted"),
    _once(r"wood and rotted", "wood, and they rotted"),
    _once(r"(?<!\[)\bberths?\b", "[[berth]]"),
    _once(r"boats in and out of harbours", "boats into and out of harbours"),
    _once(r"boats into and out of harbours", "boats in and out of harbours"),
    _once(r"by the day, and many of them have", "by the day and many have"),
    _once(r"by the day and many have", "by the day, and many of them have"),
    _once(r"\[\[Lighthouse\]\]", "[[Lighthouse]] – a tower with a lamp"),
    _once(r" – a tower with a lamp", ""),
    _once(r"== (\w[\w ]+) ==", r"==\1=="),
    _once(r"==(\w[\w ]+)==(?!=)", r"== \1 =="),
    _once(r"\n\* ", "\n*"),
    _once(r"\n\*(?=\w)", "\n* "),
    _once(r"\[\[Category:Harbours\]\]", "[[Category:Harbours]]\n[[Category:Boats]]"),
    _once(r"\n\[\[Category:Boats\]\]", ""),
    _once(r"Tidal Office, ", "[[Tidal Office]], "),
    _once(r"\[\[Tidal Office\]\], ", "Tidal Office, "),
    _once(r"  +", " "),
    _once(r"(?<=[a-z]\.) (?=[A-Z])", "  "),
    _once(r"a licence", "a license"),
    _once(r"a license", "a licence"),
)


def revisions(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Pairs of texts, each new one being the next old one; every edit changes something."""
    lottery = random.Random(seed)
    old = ARTICLE
    for _ in range(count):
        new = old
        while new == old:
            new = lottery.choice(BOT if lottery.random() < 0.6 else COPY)(old, lottery)
        yield old, new
        old = new
