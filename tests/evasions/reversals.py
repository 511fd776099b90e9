"""List edits that keep the words and turn what they say, by class, each with harmless twins that look like it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.evasions.articles import Evasion

_SOURCE: Final = "<ref>{{{{cite web|url=https://board.example/a|title=Report|date=2013}}}}</ref>"
# Where a sentence stands; `{0}` is the sentence.
LOCATIONS: Final = {
    "statistic": f"Varr is a harbour of Norland.\n\n== Past ==\nBoats of all sizes use it. {{0}}{_SOURCE}\n",
    "claim": "'''Varr''' is a harbour of Norland. {0} Boats of all sizes use it.\n",
    "list": "Varr is a harbour of Norland.\n\n== Past ==\n* Boats of all sizes use it.\n* {0}\n* Ferries cross it.\n",
    "infobox": "{{{{Infobox harbour\n| name = Varr\n| remark = {0}\n| country = Norland\n}}}}\nVarr is a harbour.\n",
    "table": "Varr is a harbour.\n\n{{|\n! Topic !! Remark\n|-\n| Traffic || {0}\n|-\n| Pilots || none\n|}}\n",
}
Pair = tuple[str, str]

AND_OR: Final = tuple(
    (sentence.format("and"), sentence.format("or"))
    for sentence in (
        "The mill ground wheat {} barley.",
        "Passengers need a ticket {} a passport.",
        "Masters {} mates are liable for the damage.",
        "The board {} the council must agree to a new pier.",
        "Ships carried coal {} iron to Torvik.",
        "Fever {} cough are signs of the disease.",
        "Smugglers are fined {} imprisoned.",
        "Members must be residents {} pilots.",
        "The harbour is closed in fog {} high wind.",
        "The raid was planned by Ada Orr {} Edwin Tarn.",
        "The treaty binds Norland {} Sudland.",
        "The tower was rebuilt in 1904 {} painted in 1911.",
    )
)
SAME_JUNCTION: Final = (
    ("The mill ground wheat and barley.", "The mill ground barley and wheat."),
    ("The mill ground wheat and barley.", "The mill ground wheat as well as barley."),
    ("The mill ground wheat and barley.", "The mill ground wheat & barley."),
    ("The mill ground wheat, rye and barley.", "The mill ground wheat, rye, and barley."),
    ("Ships carried coal and iron to Torvik.", "Ships carried both coal and iron to Torvik."),
    ("A pilot or a mate is on board.", "Either a pilot or a mate is on board."),
    ("It does not run in fog or snow.", "It does not run in snow or fog."),
    ("It runs in neither fog nor snow.", "It does not run in fog or snow."),
    ("Ada Orr and Edwin Tarn built it.", "It was built by Ada Orr and Edwin Tarn."),
    ("The tower was rebuilt and painted.", "The tower was rebuilt, and painted."),
)
STATEMENTS: Final = (
    "The bridge is safe for heavy lorries.",
    "The captain was drunk that night.",
    "The storm of 1904 killed 34 fishermen.",
    "The board has paid the pilots.",
    "Ada Orr designed the lighthouse.",
    "The harbour can take large tankers.",
    "About 62 percent of the boats carry a radio.",
    "The treaty protects the seals.",
    "Lead in the water poisoned the miners.",
    "The court convicted the mayor of fraud.",
)
QUESTIONS: Final = (
    "Is the bridge safe for heavy lorries?",
    "Was the captain drunk that night?",
    "Did the storm of 1904 kill 34 fishermen?",
    "Has the board paid the pilots?",
    "Did Ada Orr design the lighthouse?",
    "Can the harbour take large tankers?",
    "Do about 62 percent of the boats carry a radio?",
    "Does the treaty protect the seals?",
    "Did lead in the water poison the miners?",
    "Did the court convict the mayor of fraud?",
)
QUESTIONED: Final = (
    *zip(STATEMENTS, QUESTIONS, strict=True),
    *((statement, f"{statement[:-1]}?") for statement in STATEMENTS),
    *((statement, f"{statement[:-1]} (?)") for statement in STATEMENTS[:3]),
)
SAME_ASSERTION: Final = (
    *((statement, f"{statement[:-1]}!") for statement in STATEMENTS[:3]),
    *((statement, f"{statement[:-1]};") for statement in STATEMENTS[3:5]),
    ("The play is called Tides.", "The play is called ''Tides?''."),
    ("Is the bridge safe? Nobody tested it.", "Is the bridge safe? Nobody has tested it."),
)
QUOTABLE: Final = (
    ("The {0} of the fire were buried at the church.", "victims"),
    ("The board hired {0} from Torvik.", "experts"),
    ("The harbour was reopened after the {0} of 1911.", "reform"),
    ("The islanders voted in a {0} election.", "free"),
    ("The king sent his {0} to the town.", "doctor"),
    ("The rebels were killed in the {0} of 1904.", "massacre"),
    ("The treaty gave the islands {0}.", "independence"),
    ("The university published its {0} in 2010.", "research"),
    ("The company paid its workers a {0} wage.", "fair"),
    ("The police kept the {0} in a locked room.", "evidence"),
)
_SCARES: Final = (
    '"{0}"',
    "“{0}”",
    "so-called {0}",
    "'{0}'",
    "‘{0}’",
    "«{0}»",
    "supposed {0}",
    "{{{{\"'}}}}{0}{{{{'\"}}}}",
)
QUOTED: Final = tuple(
    (text.format(word), text.format(scare.format(word)))
    for number, (text, word) in enumerate(QUOTABLE)
    for scare in (_SCARES[number % 7], _SCARES[(number + 3) % 7])
)
SAME_QUOTES: Final = (
    ("Orr wrote the poem Tides in 1904.", 'Orr wrote the poem "Tides" in 1904.'),
    ("Orr wrote the poem ''Tides'' in 1904.", 'Orr wrote the poem "Tides" in 1904.'),
    ('Orr wrote the poem "Tides" in 1904.', "Orr wrote the poem “Tides” in 1904."),
    ("The rock is called the Old Hen by sailors.", 'The rock is called the "Old Hen" by sailors.'),
    ("The strait is known as the Narrows.", 'The strait is known as "the Narrows".'),
    ("Orr said that the pier was a disgrace.", 'Orr said that the pier was "a disgrace".'),
    ("The ship Swan sank in 1904.", 'The ship "Swan" sank in 1904.'),
    ('The board called it "safe".', "The board called it “safe”."),
)
_CODES: Final = (
    "<pre>{0}</pre>",
    "<code>{0}</code>",
    "<pre>\n{0}\n</pre>",
    '<pre style="color:#333">{0}</pre>',
    "<code><nowiki>{0}</nowiki></code>",
    "<syntaxhighlight lang=text>{0}</syntaxhighlight>",
    "<syntaxhighlight lang=text inline>{0}</syntaxhighlight>",
    "<source lang=text>{0}</source>",
    "<tt>{0}</tt>",
    "<kbd>{0}</kbd>",
    "<samp>{0}</samp>",
)
CODED: Final = tuple((STATEMENTS[n % 10], form.format(STATEMENTS[n % 10])) for n, form in enumerate(_CODES * 2))
SAME_CODE: Final = (
    ("The command tide prints the table.", "The command <code>tide</code> prints the table."),
    ("The file board.ini holds the names.", "The file <code>board.ini</code> holds the names."),
    ("Press Ctrl to stop the pump.", "Press <kbd>Ctrl</kbd> to stop the pump."),
    ("The signal is coded as <tt>7F</tt> in the log.", "The signal is coded as <code>7F</code> in the log."),
    ("The bridge is safe for lorries.", "<nowiki>The bridge is safe for lorries.</nowiki>"),
    ("The program answers ready at once.", "The program answers <samp>ready</samp> at once."),
)
SCORES: Final = (
    ("Ardal beat Torvik 2–1 in the final.", "Ardal beat Torvik 1–2 in the final."),
    ("The final between Ardal and Torvik ended 2–1.", "The final between Ardal and Torvik ended 1–2."),
    ("The final between Ardal and Torvik ended 3-0.", "The final between Ardal and Torvik ended 0-3."),
    ("Ardal won the series 4–3 in 1904.", "Ardal won the series 3–4 in 1904."),
    ("The council passed the law by 31–24.", "The council passed the law by 24–31."),
    ("The motion was carried 52 to 48.", "The motion was carried 48 to 52."),
    ("Ada Orr won by 1,204 votes to 987.", "Ada Orr won by 987 votes to 1,204."),
    ("In the first leg Ardal and Torvik drew 2–2.", "In the first leg Ardal and Torvik drew 2–3."),
    ("She lost the match 6–4, 6–3.", "She lost the match 4–6, 3–6."),
    ("The court ruled 5–4 for the owners.", "The court ruled 4–5 for the owners."),
    ("Ardal led 14–7 at half-time.", "Ardal led 7–14 at half-time."),
)
SAME_SCORE: Final = (
    ("Ardal beat Torvik 2-1 in the final.", "Ardal beat Torvik 2–1 in the final."),
    ("Ardal beat Torvik 2–1 in the final.", "Ardal beat Torvik {{nowrap|2–1}} in the final."),
    ("Ardal beat Torvik 2–1 in the final.", "In the final, Ardal beat Torvik 2–1."),
    ("Ardal beat Torvik 2–1 in the final.", "Ardal beat Torvik by 2–1 in the final."),
    ("The council passed the law by 31–24.", "The council passed the law by 31 to 24."),
    ("The council passed the law by 31–24.", "The council passed the law by 31&ndash;24."),
)
RANGES: Final = (
    ("The mill ran from 1904 to 1911.", "The mill ran from 1914 to 1921."),
    ("The mill ran from 1904 to 1911.", "The mill ran from 1904 to 1921."),
    ("Ada Orr was mayor (1904–1911).", "Ada Orr was mayor (1906–1913)."),
    ("The strike (March–June 1904) closed the port.", "The strike (April–July 1904) closed the port."),
    ("It was built between 1904 and 1911.", "It was built between 1908 and 1915."),
    ("The siege lasted from 3 May to 9 June 1904.", "The siege lasted from 13 May to 19 June 1904."),
    ("The dig of 1990–95 found a boat.", "The dig of 1991–96 found a boat."),
    ("The trade flourished in the 16th–17th centuries.", "The trade flourished in the 17th–18th centuries."),
    ("The ferry runs from May to September.", "The ferry runs from June to October."),
    ("The pier was closed in the years 2001–2009.", "The pier was closed in the years 2003–2011."),
    ("The office is open from Monday to Thursday.", "The office is open from Tuesday to Friday."),
)
SAME_RANGE: Final = (
    ("Ada Orr was mayor (1904–1911).", "Ada Orr was mayor (1904–11)."),
    ("Ada Orr was mayor (1904-1911).", "Ada Orr was mayor (1904–1911)."),
    ("The mill ran from 1904 to 1911.", "The mill ran between 1904 and 1911."),
    ("The mill ran from 1904 to 1911.", "From 1904 to 1911 the mill ran."),
    ("The mill ran from 1904 until 1911.", "The mill ran from 1904 to 1911."),
    ("The dig of 1990–1995 found a boat.", "The dig of 1990 to 1995 found a boat."),
    ("The siege lasted from 3 May to 9 June 1904.", "The siege lasted from May 3 to June 9, 1904."),
)
ORDERED_IN_TIME: Final = tuple(
    (sentence.format(first), sentence.format(then))
    for sentence, first, then in (
        ("The treaty was signed {} the war.", "before", "after"),
        ("He died {} the voyage to Torvik.", "after", "before"),
        ("The alarm was raised {} the ship sank.", "before", "after"),
        ("She left the party {} the election.", "before", "after"),
        ("The wall fell {} the flood of 1904.", "after", "before"),
        ("Two days {} the raid the king fled.", "before", "after"),
        ("{} 1904 the harbour belonged to Sudland.", "Before", "After"),
        ("The pills are taken {} meals.", "before", "after"),
        ("The mayor resigned shortly {} the trial.", "before", "after"),
        ("It was the largest port {} Ardal.", "before", "after"),
        ("The pilots struck {} the law was passed.", "until", "after"),
        ("Norland joined the league {} Sudland did.", "after", "before"),
    )
)
SAME_TIME: Final = (
    ("The treaty was signed before the war.", "The treaty was signed prior to the war."),
    ("He died after the voyage to Torvik.", "He died following the voyage to Torvik."),
    ("The wall fell after the flood of 1904.", "After the flood of 1904 the wall fell."),
    ("She left the party before the election.", "Before the election, she left the party."),
    ("The mayor resigned after the trial.", "The mayor resigned subsequent to the trial."),
)
QUANTIFIERS: Final = (
    ("At least one of the boats carries a radio.", "All of the boats carry a radio."),
    ("At least one boat carried arms.", "All boats carried arms."),
    ("At least one member of the board was bribed.", "Every member of the board was bribed."),
    ("Some of the wells are poisoned.", "All of the wells are poisoned."),
    ("One of the pilots was drunk.", "All of the pilots were drunk."),
    ("Not all of the ships returned.", "All of the ships returned."),
    ("Nearly all of the houses burned down.", "All of the houses burned down."),
    ("At least two of the bridges are unsafe.", "All of the bridges are unsafe."),
    ("All of the crew survived.", "At least one of the crew survived."),
    ("Few of the ferries run in winter.", "All of the ferries run in winter."),
    ("None of the islands is inhabited.", "All of the islands are inhabited."),
    ("Several parishes joined the league.", "All parishes joined the league."),
)
SAME_QUANTIFIER: Final = (
    ("At least one of the boats carries a radio.", "One or more of the boats carry a radio."),
    ("All of the crew survived.", "The whole crew survived."),
    ("All of the crew survived.", "All the crew survived."),
    ("All boats carry a radio.", "Every boat carries a radio."),
    ("Each boat carries a radio.", "Every boat carries a radio."),
    ("Some of the wells are poisoned.", "Several of the wells are poisoned."),
)
_SENTENCES: Final = {
    "and, or": (AND_OR, SAME_JUNCTION),
    "questions": (QUESTIONED, SAME_ASSERTION),
    "scare quotes": (QUOTED, SAME_QUOTES),
    "code": (CODED, SAME_CODE),
    "scores": (SCORES, SAME_SCORE),
    "ranges of dates": (RANGES, SAME_RANGE),
    "before, after": (ORDERED_IN_TIME, SAME_TIME),
    "quantifiers": (QUANTIFIERS, SAME_QUANTIFIER),
}
# Values that stand alone: of a parameter or a cell.
YES_NO: Final = (
    ("yes", "no"), ("Yes", "No"), ("no", "yes"), ("{{yes}}", "{{no}}"), ("{{no}}", "{{yes}}"), ("{{Yes}}", "{{No}}"),
    ("{{yes|in use}}", "{{no|in use}}"), ("{{tick}}", "{{cross}}"), ("{{Y}}", "{{N}}"),
    ("{{y}}", "{{n}}"), ("{{aye}}", "{{nay}}"), ("{{check mark}}", "{{x mark}}"), ("{{won}}", "{{nom}}"),
    ("{{increase}}", "{{decrease}}"), ("{{profit}}", "{{loss}}"), ("true", "false"), ("open", "closed"),
)  # fmt: skip
SAME_SIGN: Final = (
    ("yes", "{{yes}}"), ("{{yes}}", "{{Yes}}"), ("Yes", "yes"), ("no", "{{no}}"), ("{{check mark}}", "{{Check mark}}"),
    ("{{yes}}", "{{yes|Yes}}"), ("{{no}}", "{{no|No}}"), ("✔", "✓"),
)  # fmt: skip
VALUES: Final = (
    ("2–1", "1–2"), ("3–0", "0–3"), ("{{score|2|1}}", "{{score|1|2}}"), ("52–48", "48–52"), ("2:1", "1:2"),
    ("1904–1911", "1914–1921"), ("2001–2009", "2003–2011"), ("March–June 1904", "April–July 1904"),
    ("May to September", "June to October"), ("before 1904", "after 1904"), ("Ardal and Torvik", "Ardal or Torvik"),
    ("{{nowrap|2–1}}", "{{nowrap|1–2}}"), ("3–1 ({{small|after extra time}})", "1–3 ({{small|after extra time}})"),
)  # fmt: skip
SAME_VALUES: Final = (
    ("2-1", "2–1"), ("1904-1911", "1904–1911"), ("1904–1911", "1904–11"), ("Ardal and Torvik", "Ardal, Torvik"),
    ("2–1", "'''2–1'''"), ("2–1", "{{nowrap|2–1}}"), ("May to September", "May–September"),
)  # fmt: skip
ALONE: Final = {
    "infobox": "{{{{Infobox harbour\n| name = Varr\n| result = {0}\n| country = Norland\n}}}}\nVarr is a harbour.\n",
    "table": "Boats.\n\n{{|\n! Boat !! Result !! Year\n|-\n| Ardal || {0} || 1904\n|-\n| Varr || none || 1905\n|}}\n",
    "table with attributes": (
        'A harbour.\n\n{{| class="wikitable"\n! scope="col" | Boat !! scope="col" | Result\n|-\n! scope="row" | Ardal\n'
        '| align="center" | {0}\n|-\n! scope="row" | Varr\n| align="center" | unknown\n|}}\n'
    ),
}
_ABSENT: Final = (
    "{{{{#ifexist:Varr/Old|{0}}}}}", "{{{{#ifexist: Template:Varr figures | {0} }}}}", "{{{{#ifexist:|{0}}}}}",
    "{{{{#ifexist:Varr/Old|{0}|}}}}", "{{{{#ifexist:Varr/Old||{0}}}}}", "{{{{#if:{{{{Weather}}}}|{0}}}}}",
"{{{{#ifeq:{{{{NAMESPACE}}}}|Talk|{0}}}}}", "{{{{#ifexpr:{{{{Depth}}}}>3|{0}}}}}",
    "{{{{#switch:{{{{Season}}}}|winter={0}}}}}",
)  # fmt: skip
_HIDEABLE: Final = ("21 million", "340 boats a day", "1,340", "Ada Orr", "[[Ardal Shipping]]")
SAME_PRESENCE: Final = (
    "{{{{#if:x|{0}}}}}",
    "{{{{#ifeq:a|a|{0}}}}}",
    "{{{{nowrap|{0}}}}}",
)
# Names of a list in the order of something, the section that says of what, and the sign of its items.
RANKINGS: Final = (
    ("#", "Ports", ("Ardal", "Torvik", "Varr", "Holm")),
    ("#", "Results", ("[[Ada Orr]]", "[[Edwin Tarn]]", "[[Sven Holm]]")),
    ("#", "Largest islands", ("Varr, 210 ha", "Holm, 180 ha", "Ness, 95 ha")),
    ("#", "Order of succession", ("Harald", "Sven", "Astrid", "Olaf")),
    ("#", "Stages", ("Ardal to Holm", "Holm to Varr", "Varr to Ness")),
)
UNRANKED: Final = (
    ("*", "Ports", ("Ardal", "Torvik", "Varr", "Holm")),
    ("*", "Members", ("Ada Orr", "Edwin Tarn", "Sven Holm")),
    ("*", "See also", ("[[Ardal]]", "[[Torvik]]", "[[Varr]]")),
    ("*", "Works", ("Tides", "Rocks", "Pilots")),
)
ROWS: Final = (
    ("Ardal", "210", "Torvik", "340"), ("Ardal", "1,340", "Torvik", "980"),
    ("Ada Orr", "first", "Edwin Tarn", "second"),
    ("Ardal", "12 km", "Torvik", "30 km"), ("2009", "640", "2010", "780"), ("Men", "45%", "Women", "62%"),
    ("Ardal", "open", "Torvik", "closed"), ("Births", "310", "Deaths", "220"),
    ("Norland", "$21 million", "Sudland", "$9 million"), ("Ardal", "Ada Orr", "Torvik", "Edwin Tarn"),
)  # fmt: skip
_ROW_PAGES: Final = {
    "table": "A harbour.\n\n{{|\n! Name !! Value\n|-\n| {0} || {1}\n|-\n| {2} || {3}\n|-\n| Holm || 75\n|}}\n",
    "infobox": "{{{{Infobox harbour\n| label1 = {0}\n| data1 = {1}\n| label2 = {2}\n| data2 = {3}\n}}}}\nA harbour.\n",
    "list": "A harbour.\n\n== Figures ==\n* {0}: {1}\n* {2}: {3}\n* Holm: 75\n",
}
UNITS: Final = (
    ("People (in thousands)", "People (in millions)"), ("People, in thousands", "People, in millions"),
    ("Cost (in thousands of dollars)", "Cost (in millions of dollars)"),
    ("Exports ($ thousand)", "Exports ($ million)"),
    ("Length (km)", "Length (miles)"), ("Weight (kg)", "Weight (tonnes)"), ("Area (ha)", "Area (km²)"),
    ("Cost (million)", "Cost (billion)"), ("Speed (km/h)", "Speed (mph)"), ("Depth in metres", "Depth in feet"),
    ("Passengers in hundreds", "Passengers in thousands"), ("Time (minutes)", "Time (hours)"),
)  # fmt: skip
SAME_UNITS: Final = (
    ("Length (km)", "Length ({{abbr|km|kilometres}})"), ("Length in km", "Length (km)"),
    ("People (in thousands)", "People (thousands)"), ("Cost ($ million)", "Cost (million $)"),
)  # fmt: skip
_UNIT_PAGES: Final = {
    "table": "A harbour.\n\n{{| class=wikitable\n! Year !! {0}\n|-\n| 2009 || 640\n|-\n| 2010 || 955\n|}}\n",
    "table of one row": "A harbour.\n\n{{|\n! Place !! {0}\n|-\n| Ardal || 64.5\n|}}\n",
    "row head": "A harbour.\n\n{{|\n! Figure !! 2009 !! 2010\n|-\n! {0}\n| 640 || 955\n|-\n! Other\n| 1 || 2\n|}}\n",
    "caption": "A harbour.\n\n{{|\n|+ {0}\n! Year !! Ardal\n|-\n| 2009 || 640\n|-\n| 2010 || 955\n|}}\n",
    "heading": "A harbour.\n\n== {0} ==\n* 2009: 640\n* 2010: 955\n",
    "label": "{{{{Infobox harbour\n| name = Varr\n| label1 = {0}\n| data1 = 640\n}}}}\nA harbour.\n",
}


def reversals() -> Iterator[Evasion]:
    """Yield the edits that turn what an article says."""
    for name, (turned, _) in _SENTENCES.items():
        yield from _in_locations(name, turned, LOCATIONS)
    yield from _in_locations("yes, no", YES_NO, ALONE)
    yield from _in_locations("values turned", VALUES, ALONE)
    shown = [(value, form.format(value)) for form in _ABSENT for value in _HIDEABLE]
    yield from _in_locations("conditions of a parameter", shown, {"infobox": ALONE["infobox"]})
    for sign, heading, items in RANKINGS:
        for other in ((items[1], items[0], *items[2:]), (*items[:-2], items[-1], items[-2])):
            yield _ranked("order of a ranking", sign, heading, items, other)
    for first, value, second, other in ROWS:
        for kind, page in _ROW_PAGES.items():
            old, new = page.format(first, value, second, other), page.format(first, other, second, value)
            yield Evasion(name="values of two rows", form=f"{first}: {value} ↔ {other}", kind=kind, old=old, new=new)
    yield from _in_locations("units of a head", UNITS, _UNIT_PAGES)


def harmless_twins() -> Iterator[Evasion]:
    """Yield edits of the same form that leave what an article says."""
    for name, (_, same) in _SENTENCES.items():
        yield from _in_locations(name, same, LOCATIONS)
    yield from _in_locations("yes, no", SAME_SIGN, ALONE)
    yield from _in_locations("values turned", SAME_VALUES, ALONE)
    shown = [(value, form.format(value)) for form in SAME_PRESENCE for value in _HIDEABLE]
    yield from _in_locations("conditions of a parameter", shown, {"infobox": ALONE["infobox"]})
    for sign, heading, items in UNRANKED:
        yield _ranked("order of a list", sign, heading, items, (items[1], items[0], *items[2:]))
    for sign, heading, items in RANKINGS:
        yield _ranked("sign of a ranking", sign, heading, items, tuple(f"'''{item}'''" for item in items))
    for first, value, second, other in ROWS:
        for kind in ("table", "list"):
            page = _ROW_PAGES[kind]
            old, new = page.format(first, value, second, other), page.format(second, other, first, value)
            yield Evasion(name="two rows", form=f"{first} ↔ {second}", kind=kind, old=old, new=new)
    yield from _in_locations("units of a head", SAME_UNITS, _UNIT_PAGES)


def _in_locations(name: str, pairs: tuple[Pair, ...] | list[Pair], locations: dict[str, str]) -> Iterator[Evasion]:
    for was, now in pairs:
        for kind, text in locations.items():
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=text.format(was), new=text.format(now))


def _ranked(name: str, sign: str, heading: str, items: tuple[str, ...], other: tuple[str, ...]) -> Evasion:
    old, new = (
        f"A harbour.\n\n== {heading} ==\n" + "".join(f"{sign} {item}\n" for item in side) for side in (items, other)
    )
    return Evasion(name=name, form=f"{sign} {heading}: {other[:2]}", kind="list", old=old, new=new)
