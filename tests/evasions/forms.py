"""List the forms of each class of evasions: what stands in an article after the edit, in place of the fact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tests.evasions.articles import FACTS, Evasion, Planted, each_kind
from tests.evasions.reversals import reversals

# `{old}` is what the article stated, `{new}` what readers see after the edit.
PARSER_FUNCTIONS: Final = (
    "{{{{#if:|{old}|{new}}}}}",
    "{{{{#if:x|{new}|{old}}}}}",
    "{{{{#if: <!-- {old} --> |{old}|{new}}}}}",
    "{{{{#ifeq:{old}|{new}|{old}|{new}}}}}",
    "{{{{#ifeq:1|1.0|{new}|{old}}}}}",
    "{{{{#ifexpr: 2 < 1 | {old} | {new} }}}}",
    "{{{{#ifexpr:1=1|{new}|{old}}}}}",
    "{{{{#iferror:{{{{#expr:1/0}}}}|{new}|{old}}}}}",
    "{{{{#iferror:fine|{old}|{new}}}}}",
    "{{{{#switch:b|a={old}|b={new}}}}}",
    "{{{{#switch:z|a={old}|#default={new}}}}}",
    "{{{{#switch:z|a={old}|{new}}}}}",
    "{{{{#switch:a|a|b={new}|c={old}}}}}",
    "{{{{#if:{{{{#if:|x}}}}|{old}|{new}}}}}",
    "{{{{#if:{{{{{{1|}}}}}}|{old}|{new}}}}}",
    "{{{{{{1|{new}}}}}}}",
    "{{{{#ifexist:Sound of Varr/Old|{old}|{new}}}}}",
    "{{{{#ifexist:Sound of Varr/Old|{old}}}}}",
    "{{{{#if:{{{{Weather}}}}|{old}|{new}}}}}",
    "{{{{#tag:s|{old}}}}} {new}",
    "{{{{lc:{new}}}}}",
    "{{{{#time:|{old}}}}}{new}",
)
PARSER_FUNCTION_UNITS: Final = (
    "{{{{#if:|{old}|{new}}}}}",
    "{{{{#if:|{old}}}}}",
    "{{{{#ifexpr:1>2|{old}}}}}",
    "{{{{#switch:x|y={old}}}}}",
    "{{{{#ifexist:Sound of Varr/Old|{old}}}}}",
    "{{{{#ifeq:{{{{NAMESPACE}}}}|Talk|{old}}}}}",
)
_NONE = 'style="display:none"'
HIDDEN: Final = (
    "<s>{old}</s> {new}",
    "<del>{old}</del> {new}",
    "<strike>{old}</strike> {new}",
    f"<span {_NONE}>{{old}}</span>{{new}}",
    "<span style='display: none;'>{old}</span> {new}",
    "<span style=display:none>{old}</span> {new}",
    "<SPAN STYLE='DISPLAY:NONE'>{old}</SPAN> {new}",
    '<span style="visibility:hidden">{old}</span> {new}',
    '<span style="font-size:0">{old}</span> {new}',
    '<span style="font-size:0.01em">{old}</span> {new}',
    '<span style="opacity:0">{old}</span> {new}',
    '<span style="position:absolute;left:-9999px">{old}</span> {new}',
    '<span style="display&#58;none">{old}</span> {new}',
    '<span style="color:transparent">{old}</span> {new}',
    f"<small {_NONE}>{{old}}</small> {{new}}",
    f"<b {_NONE}>{{old}}</b> '''{{new}}'''",
    f"<font {_NONE}>{{old}}</font> {{new}}",
    "<includeonly>{old}</includeonly>{new}",
    "<includeonly>{old}</includeonly><noinclude>{new}</noinclude>",
    "{{{{strikethrough|{old}}}}} {new}",
    "{{{{strike|{old}}}}} {new}",
    "<!-- {old} -->{new}",
)
HIDDEN_UNITS: Final = (
    "<s>{old}</s>",
    "<del>{old}</del>",
    f"<span {_NONE}>{{old}}</span>",
    '<span style="visibility:hidden">{old}</span>',
    '<span style="font-size:0">{old}</span>',
    '<span style="opacity:0">{old}</span>',
    "<includeonly>{old}</includeonly>",
    "<!-- {old} -->",
    f"<div {_NONE}>{{old}}</div>",
)
HIDDEN_PAGES: Final = (
    f"<div {_NONE}>\n{{page}}\n</div>",
    f"<div {_NONE}>\n{{page}}",
    "<s>{page}</s>",
    "<s>{page}",
    "<includeonly>{page}</includeonly>",
    "<includeonly>{page}",
    "<includeonly>{page}</includeonly><noinclude>Nothing here.</noinclude>",
    '<div style="visibility:hidden">\n{page}\n</div>',
    '<div style="font-size:0">\n{page}\n</div>',
    '<div style="opacity:0">\n{page}\n</div>',
    f"<blockquote {_NONE}>\n{{page}}\n</blockquote>",
    f"<div class='x'><div {_NONE}>\n{{page}}\n</div></div>",
    "<!-- {page} -->",
)
# The old value goes on in a place that corrects nobody.
KEPT: Final = (
    "\n\n== Notes ==\n{old}\n",
    "\n\n== Notes ==\n* {old}\n",
    "\n\n[[File:Quay.jpg|thumb|{old}]]\n",
    "\n\n<gallery>\nQuay.jpg|{old}\n</gallery>\n",
    "\n\n<s>{old}</s>\n",
    f"\n\n<span {_NONE}>{{old}}</span>\n",
    "\n\n<ref>{old}</ref>\n",
    "\n\n== See also ==\n* {old}\n",
    "\n\n{{{{efn|{old}}}}}\n",
    "\n\n<!-- {old} -->\n",
)


def _valued(name: str, forms: tuple[str, ...], only: Callable[[Planted], bool] = lambda _: True) -> Iterator[Evasion]:
    for number, form in enumerate(forms):
        for fact in each_kind(number, only=only):
            shown = form.format(old=fact.old, new=fact.new)
            yield _edit(name, form, fact, fact.page(fact.stated(shown)))


def _edit(name: str, form: str, fact: Planted, new: str, old: str | None = None) -> Evasion:
    before = fact.page(fact.stated(fact.old)) if old is None else old
    return Evasion(name=name, form=form, kind=fact.kind, old=before, new=new, pins=fact.pins)


def parser_functions() -> Iterator[Evasion]:
    yield from _valued("1 parser functions", PARSER_FUNCTIONS)
    for number, form in enumerate(PARSER_FUNCTION_UNITS):
        for fact in each_kind(number, only=lambda fact: fact.kind != "infobox"):
            unit = form.format(old=fact.stated(fact.old), new=fact.stated(fact.new))
            yield _edit("1 parser functions", f"unit: {form}", fact, fact.page(unit))


def hidden_text() -> Iterator[Evasion]:
    name = "2 hidden text"
    yield from _valued(name, HIDDEN)
    for number, form in enumerate(HIDDEN_UNITS):
        # What a hidden parameter weighs is what a removed one does: that is judgement's, and measured there.
        for fact in each_kind(number, only=lambda fact: fact.kind != "infobox"):
            yield _edit(name, f"unit: {form}", fact, fact.page(form.format(old=fact.stated(fact.old))))
    for number, form in enumerate(HIDDEN_PAGES):
        for fact in each_kind(number):
            page = fact.page(fact.stated(fact.old))
            yield _edit(name, f"page: {form}", fact, form.replace("{page}", page), page)
    for number, form in enumerate(KEPT):
        for fact in each_kind(number):
            end = form.format(old=fact.stated(fact.old))
            yield _edit(name, f"kept: {form!r}", fact, fact.page(fact.stated(fact.new), end=end))


# Names that look like layout or bookkeeping, dates, and templates that show something else than their first parameter.
PARAMETERS: Final = (
    ("date", "6 June 1944", "6 June 1954"),
    ("date", "6 June 1944", "16 June 1944"),
    ("date", "{{start date|1944|6|6}}", "{{start date|1944|6|16}}"),
    ("start_date", "May 1904", "May 1914"),
    ("opened", "1904", "1914"),
    ("founded", "{{start date and age|1904}}", "{{start date and age|1914}}"),
    ("birth_date", "{{birth date|1904|5|3}}", "{{birth date|1914|5|3}}"),
    ("death_date", "{{death date and age|1960|1|2|1904|5|3}}", "{{death date and age|1970|1|2|1904|5|3}}"),
    ("released", "{{film date|1964|5|3}}", "{{film date|1946|5|3}}"),
    ("state", "Ardal", "Torvik"),
    ("class", "frigate", "destroyer"),
    ("class", "heavy cruiser", "light cruiser"),
    ("direction", "north", "south"),
    ("gross_worldwide", "$21 million", "$25 million"),
    ("deaths_worldwide", "2,100", "2,500"),
    ("army_size", "21,000", "25,000"),
    ("crew_size", "210", "250"),
    ("buildings_collapsed", "210", "250"),
    ("people_plain", "210", "250"),
    ("width", "210 m", "250 m"),
    ("height", "31 m", "13 m"),
    ("size", "21 ha", "25 ha"),
    ("phone_users", "21 million", "25 million"),
    ("codes_issued", "2,100", "2,500"),
    ("cat_population", "2,100", "2,500"),
    ("eye_color", "blue", "green"),
    ("toll", "{{vanchor|210|text=210}}", "{{vanchor|210|text=250}}"),
    ("toll", "{{nts|2100}}", "{{nts|2500}}"),
    ("toll", "{{formatnum:2100}}", "{{formatnum:2500}}"),
    ("toll", "{{gaps|21|000}}", "{{gaps|25|000}}"),
    ("length", "{{convert|21|km|mi}}", "{{convert|25|km|mi}}"),
    ("cost", "{{US$|21 million}}", "{{US$|25 million}}"),
    ("share", "{{percentage|21|100}}", "{{percentage|25|100}}"),
    ("mass", "{{val|21|u=kg}}", "{{val|25|u=kg}}"),
    ("mayor", "{{sortname|Ada|Orr}}", "{{sortname|Ada|Tarn}}"),
    ("toll", "{{sort|210|210}}", "{{sort|210|250}}"),
    ("toll", "{{some figure|210}}", "{{some figure|250}}"),
    ("toll", "{{some figure|value=210}}", "{{some figure|value=250}}"),
)


def parameters() -> Iterator[Evasion]:
    for name, old, new in PARAMETERS:
        for box in ("Infobox harbour", "Harbour facts"):
            before, after = (
                f"{{{{{box}\n| name = Varr\n| {name} = {value}\n| country = Norland\n}}}}\nVarr is a harbour."
                for value in (old, new)
            )
            form = f"{name} = {old} → {new}"
            yield Evasion(name="3 parameters", form=form, kind="infobox", old=before, new=after)


# What a table's head, caption or the caption of a picture says of the cells and numbers.
HEADERS: Final = (
    ("People", "Children"),
    ("People", "People (in thousands)"),
    ("People (thousands)", "People (millions)"),
    ("Passengers", "Passengers killed"),
    ("Boats arrived", "Boats lost"),
    ("People in forced labour", "Children in forced labour"),
    ("Men", "Women"),
    ("Votes for", "Votes against"),
    ("Exports", "Imports"),
    ("Births", "Deaths"),
    ("Length (km)", "Length (mi)"),
    ("Cost ($)", "Cost (€)"),
    ("Cost ($ million)", "Cost ($ billion)"),
    ("People per month", "People per year"),
    ("Share (%)", "Share (‰)"),
    ("Average", "Maximum"),
    ("Confirmed cases", "Suspected cases"),
    ("Income before tax", "Income after tax"),
    ("Norland", "Sudland"),
    ("Won", "Lost"),
)
CAPTIONS: Final = (
    ("Crossings by year", "Crossings by year, in thousands"),
    ("Crossings by year", "Drownings by year"),
    ("Crossings of the sound", "Crossings of the Tarn"),
    ("People rescued", "People arrested"),
    ("Harbour dues in $", "Harbour dues in $ million"),
)


def headers() -> Iterator[Evasion]:
    name = "4 headers"
    for number, (old, new) in enumerate(HEADERS):
        fact = FACTS_OF_TABLES[number % len(FACTS_OF_TABLES)]
        before, after = (fact.page(fact.stated(fact.old), header=text) for text in (old, new))
        yield Evasion(name=name, form=f"{old} → {new}", kind="table", old=before, new=after)
        before, after = (_ROWS.format(text) for text in (old, new))
        yield Evasion(name=name, form=f"row: {old} → {new}", kind="table", old=before, new=after)
    for old, new in CAPTIONS:
        for page in _CAPTIONED:
            form = f"{page[:20]!r}: {old} → {new}"
            yield Evasion(name=name, form=form, kind="table", old=page.format(old), new=page.format(new))


FACTS_OF_TABLES: Final = tuple(fact for fact in FACTS if fact.kind == "table")
_ROWS = """Varr has a harbour.

{{| class="wikitable"
! Figure !! 2010 !! 2011
|-
! {0}
| 640 || 955
|-
! Other figures
| 12 || 14
|}}
"""
_CAPTIONED: Final = (
    "A harbour.\n\n{{|\n|+ {0}\n! Year !! Number\n|-\n| 2010 || 640\n|-\n| 2011 || 955\n|}}\n",
    "A harbour.\n\n<table><caption>{0}</caption><tr><th>Year</th><th>Boats</th><tr><td>2010</td><td>640</td></table>",
)

# Another value in a notation that a careless reader takes for the same.
NOTATIONS: Final = (
    ("US$1.234 billion", "US$1,234 billion"),
    ("1.609 km", "1,609 km"),
    ("1,609 m", "1.609 m"),
    ("12.500 people", "12,500,000 people"),
    ("2.105 million people", "2,105 million people"),
    ("3,141 tonnes", "3.141 tonnes"),
    ("0.250 percent", "250 percent"),
    ("1 234 boats", "1.234 boats"),
    ("1'234 boats", "1.234 boats"),
    ("0.5 percent of boats", "1 in 10,000 boats"),
    ("0.5% of boats", "one in ten thousand boats"),
    ("1 g of gold", "1,490 mg of gold"),
    ("2 mi", "4 km"),
    ("1 mile", "2 km"),
    ("10 km", "7 mi"),
    ("3 tonnes", "2,500 kg"),
    ("1 hour", "75 minutes"),
    ("2 weeks", "16 days"),
    ("1 foot", "35 cm"),
    ("5 lb", "2 kg"),
    ("1 ha", "12,000 square metres"),
    ("1 in 3 boats", "40% of boats"),
    ("half of the boats", "44% of the boats"),
    ("a quarter of the boats", "29% of the boats"),
    ("two dozen boats", "26 boats"),
    ("1.2 million people", "1,260,000 people"),
    ("$3 billion", "$3,400 million"),
    ("20 °C", "72 °F"),
    ("1.0 litre", "1,060 ml"),
    ("0.33 percent", "1 in 200"),
)
_NOTED: Final = {
    "statistic": "The survey of 2012 counted {0} in the harbour.<ref name=board>{{{{cite web|url=https://board.example/a|title=Report|date=2013}}}}</ref>",
    "pinned": "In 2012, the harbour had {0}, the board says.",
    "infobox": "{{{{Infobox harbour\n| name = Varr\n| figure = {0}\n}}}}\nVarr is a harbour.",
    "table": "Varr is a harbour.\n\n{{| class=wikitable\n! Year !! Figure\n|-\n| 2012 || {0}\n|-\n| 2013 || 75\n|}}\n",
}


def notations() -> Iterator[Evasion]:
    for old, new in NOTATIONS:
        for kind, text in _NOTED.items():
            before, after = text.format(old), text.format(new)
            if kind != "infobox":
                before, after = (
                    f"Varr is a harbour of Norland, with 1,200 berths.\n\n{side}" for side in (before, after)
                )
            pins = (text.format(old),) if kind == "pinned" else ()
            yield Evasion(name="6-7 notations", form=f"{old} → {new}", kind=kind, old=before, new=after, pins=pins)


def separators() -> Iterator[Evasion]:
    """Rewrite every separator of a list or table, and falsify one number."""
    for number in range(24):
        values = grouped_numbers(number)
        reformatted = [value.replace(",", ".") if number % 2 else value.replace(",", "&nbsp;") for value in values]
        at = number % 12
        digits = list(reformatted[at])
        digits[0] = str((int(digits[0]) + 3) % 9 + 1)
        if "".join(digits) == reformatted[at]:
            digits[0] = str(int(digits[0]) % 9 + 1)
        falsified = [*reformatted[:at], "".join(digits), *reformatted[at + 1 :]]
        for kind in ("table", "list"):
            old, new = (listed(kind, side) for side in (values, falsified))
            yield Evasion(
                name="8 separators",
                form=f"{kind} {number}: {values[at]} → {falsified[at]}",
                kind=kind,
                old=old,
                new=new,
            )


def grouped_numbers(number: int) -> list[str]:
    """Return a dozen numbers of thousands, others for each number."""
    return [f"{(7 * row + number) % 89 + 1},{(131 * row + 17 * number) % 900 + 100}" for row in range(12)]


def listed(kind: str, values: list[str]) -> str:
    """Return an article with numbers in a table or a list."""
    if kind == "table":
        rows = "".join(f"|-\n| Parish {row} || {value}\n" for row, value in enumerate(values))
        return f"Varr has parishes.\n\n{{| class=wikitable\n! Parish !! People\n{rows}|}}\n"
    return "Varr has parishes.\n\n" + "".join(f"* Parish {row}: {value} people\n" for row, value in enumerate(values))


# What looks like a new source and is none.
EXCUSES: Final = (
    '<ref name="zz"/>',
    "<ref name=unknown />",
    "<ref>.</ref>",
    "<ref> </ref>",
    "<ref>-</ref>",
    "<ref>x</ref>",
    "<ref>See above.</ref>",
    "<ref>citation</ref>",
    "<ref>2013</ref>",
    "<ref>corrected</ref>",
    "<ref>{{citation needed}}</ref>",
    "<ref>{{dead link}}</ref>",
    "<ref>{{cite web}}</ref>",
    "<ref>{{cite web |date=2014}}</ref>",
    "<ref>{{cite web |url= |title=}}</ref>",
    '<ref name="quay" />',
    "{{efn|Figures differ.}}",
    "{{efn|name=n1|As counted.}}",
    "{{refn|As counted.}}",
    "{{refn|group=note|Rounded.}}",
    "<ref group=note>Rounded.</ref>",
    "{{r|zz}}",
    "{{sfn|Orr|2009}}",
    "[https://new.example/page]",
    "[https://new.example/page source]",
    "https://new.example/page",
    "<ref>https://</ref>",
    "<ref>[[Sound of Varr]]</ref>",
    "<ref><!-- https://new.example/page --></ref>",
    "<ref>{{cite web |url=https://quay.example/house |title=The pilots' house |date=2014}}</ref>",
    "<ref>{{cite web |url=http://www.quay.example/house/ |title=The pilots' house |access-date=2020}}</ref>",
    "<ref>{{cite web |url=https://quay.example/house#page=3 |title=The Pilots' House |date=2015}}</ref>",
)


def excuses() -> Iterator[Evasion]:
    for number, excuse in enumerate(EXCUSES):
        for fact in each_kind(number):
            unit = fact.stated(fact.new) + excuse
            yield _edit("9 excuses", f"added: {excuse}", fact, fact.page(unit))
            if fact.source:
                unit = fact.stated(fact.old) + fact.source
                new = fact.page(unit).replace(unit, fact.stated(fact.new) + excuse)
                yield _edit("9 excuses", f"instead: {excuse}", fact, new)


def drowned() -> Iterator[Evasion]:
    """Plant a change where no more is compared, among very many others."""
    name = "13 drowned"
    for number, (noise, other) in enumerate(FLOODS):
        for fact in each_kind(number):
            old, new = (
                fact.page(fact.stated(value), end=f"\n{flood}")
                for value, flood in ((fact.old, noise), (fact.new, other))
            )
            planted = (fact.old, fact.new) if fact.is_number else ()
            yield replace(_edit(name, f"{number}, beside", fact, new, old), planted=planted)
            for was, now in (("21 rocks", "64 rocks"), ("340 fathoms", "430 fathoms")):
                old, new = (
                    fact.page(
                        fact.stated(fact.old), end=f"\n{flood}\n\nThe chart of 1904 lists {value} in the fairway."
                    )
                    for value, flood in ((was, noise), (now, other))
                )
                yield replace(_edit(name, f"{number}, behind", fact, new, old), planted=(was, now))


def _flood(count: int, line: str, other: str) -> tuple[str, str]:
    return "".join(line.format(n) for n in range(count)), "".join(other.format(n) for n in range(count))


FLOODS: Final = (
    _flood(1_700, "The wind of hour {0} was calm. ", "The wind of hour {0} was mild. "),
    _flood(1_700, "* Post {0} stands.\n", "* Post {0} leans.\n"),
    _flood(3_300, "\n=== Rock {0} ===\nDry.\n", "\n=== Rock {0} ===\nWet.\n"),
    _flood(0, "", ""),
)
# Numbers that the reader of numbers cannot hold.
MONSTERS: Final = (
    "10⁹⁹-5", "10⁹⁹⁹", "1" + "0" * 400, "1e999", "10^99999", "0." + "0" * 300 + "1", "5–10⁹⁹", "10⁹⁹ to 5",
    "10⁻⁹⁹-5", "9" * 60 + "–" + "8" * 60, "1/0", "10⁹⁹%", "$10⁹⁹", "10⁹⁹ km", "10⁹⁹:1", "1 in 10⁹⁹", "10⁹⁹/10",
    "3 × 10⁹⁹", "-10⁹⁹-5", "10⁹⁹−10⁹⁸",
)  # fmt: skip


def monsters() -> Iterator[Evasion]:
    for number, monster in enumerate(MONSTERS):
        for fact in each_kind(number):
            unit = f"{fact.stated(fact.new)} ({monster})"
            yield _edit("14 unreadable numbers", monster[:20], fact, fact.page(unit))


# A link that leads elsewhere under the same words; `{0}` is where it leads.
LINKS: Final = (
    ("built by [[{0}|her]] in stone", "Ada Orr", "Edwin Tarn"),
    ("built by [[{0}|an engineer]] of the board", "Ada Orr", "Edwin Tarn"),
    ("named after [[{0}|the old king]] of the islands", "Harald of Varr", "Sven Tarn"),
    ("moored at [[{0}|the pier]] of the town", "Ardal quay", "Torvik jetty"),
    ("owned by [[{0}|a company]] of the region", "Varr Shipping", "Tarn Lines"),
    ("described on [https://{0}/tide the page] of the board", "board.example", "evil.example"),
    ("described on [//{0}/tide the page] of the board", "board.example", "evil.example"),
    ("described at https://{0}/tide by the board", "board.example", "evil.example"),
    ("described on [http://www.{0}/tide its site] in detail", "board.example", "board-example.test"),
    ("sold by {{{{official website|https://{0}}}}} today", "board.example", "evil.example"),
)
_CITED: Final = "<ref>{{{{cite web |url=https://tide.example/a |title=Tides}}}}</ref>"
_ARCHIVED: Final = (
    "<ref>{{{{cite web |url=https://tide.example/a |title=Tides |archive-url={0} |archive-date=2013}}}}</ref>"
)


def links() -> Iterator[Evasion]:
    name = "16 links"
    for text, old, new in LINKS:
        for lead in (True, False):
            sentence = f"The pier was {text}."
            page = (
                f"Varr is a harbour. {sentence}\n"
                if lead
                else f"Varr is a harbour.\n\n== Pier ==\n{sentence}{_CITED}\n"
            )
            before, after = (page.format(side) for side in (old, new))
            yield Evasion(name=name, form=f"{text} {lead}", kind="prose", old=before, new=after)
    for host in ("evil.example", "tide-copy.test"):
        page = f"Varr is a harbour.\n\n== Tides ==\nThe tide rises 4 m.{_ARCHIVED}\n"
        old, new = (page.format(url) for url in ("https://web.archive.org/web/2013/a", f"https://{host}/a"))
        yield Evasion(name=name, form=f"archive {host}", kind="prose", old=old, new=new)


# Words that need grammar: what a preposition, a possessive or the numeral of a name makes of the same words.
WORDS: Final = (
    ("Exports rose by 12 percent that year.", "Exports rose to 12 percent that year."),
    ("The population fell by 40,000 between 1990 and 2000.", "The population fell to 40,000 between 1990 and 2000."),
    ("Revenue grew from $12 million to $15 million.", "Revenue grew by $12 million to $15 million."),
    ("Wages were cut to 30 percent by the owners.", "Wages were cut by 30 percent by the owners."),
    ("The sea level dropped by 3 m in that storm.", "The sea level dropped to 3 m in that storm."),
    ("Some 400 victims were buried at the church.", "Some 400 victims' relatives were buried at the church."),
    ("The killers were tried in Ardal.", "The killers' lawyers were tried in Ardal."),
    ("The president was shot in 1904.", "The president's driver was shot in 1904."),
    ("The mayor's deputy resigned in 2010.", "The mayor resigned in 2010."),
    ("The company is owned by its workers.", "The company is owned by its workers' union."),
    ("He lost an arm in World War II and was discharged.", "He lost an arm in World War I and was discharged."),
    ("King Harald III built the quay.", "King Harald II built the quay."),
    ("Pope John XXIII opened the council.", "Pope John XXII opened the council."),
    ("Elizabeth I visited the harbour.", "Elizabeth II visited the harbour."),
    ("Type II diabetes is common in the islands.", "Type I diabetes is common in the islands."),
    ("The ILO put the losses at 21 million.", "The ILO wrongly put the losses at 21 million."),
    ("The board put the number at 21 million.", "The board put the number mistakenly at 21 million."),
    ("The vessels were armed by the navy.", "The vessels were armed against the navy."),
    ("He died during the voyage to Torvik.", "He died after the voyage to Torvik."),
    ("The treaty was signed before the war.", "The treaty was signed during the war."),
    ("The bridge was opened without delay.", "The bridge was opened with delay."),
    ("The raid was led by Ada Orr.", "The raid was led by Ada Orr's brother."),
)
WORDED: Final = {
    "statistic": "Varr is a harbour of Norland.\n\n== Past ==\nBoats of all sizes use it. {0}<ref>{{{{cite web|url=https://board.example/a|title=Report|date=2013}}}}</ref>\n",
    "claim": "'''Varr''' is a harbour of Norland. {0} Boats of all sizes use it.\n",
    "list": "Varr is a harbour of Norland.\n\n== Past ==\n* Boats of all sizes use it.\n* {0}\n* Ferries cross it.\n",
    "pinned": "Varr is a harbour of Norland.\n\n== Past ==\nBoats of all sizes use it. {0}\n",
}


# Who does what to whom, what follows from what, and what a heading, parameter or sign says of the same values.
ROLES: Final = (
    ("Norland attacked Sudland in 1904.", "Sudland attacked Norland in 1904."),
    ("Ada Orr defeated Edwin Tarn in the vote.", "Edwin Tarn defeated Ada Orr in the vote."),
    ("The police shot the rioters at the gate.", "The rioters shot the police at the gate."),
    ("The miners owed the owners a month of wages.", "The owners owed the miners a month of wages."),
    ("The king was older than the queen.", "The queen was older than the king."),
    ("Torvik was founded by settlers of Ardal.", "Ardal was founded by settlers of Torvik."),
    ("He was elected by the members.", "He elected the members."),
    ("The rebels were attacked by the army.", "The rebels attacked the army."),
    ("The ferry runs if the wind is low.", "The ferry runs unless the wind is low."),
    ("He was dismissed because he drank.", "He was dismissed although he drank."),
    ("The trade has been banned since 1990.", "The trade has been banned until 1990."),
    ("She was the author of the report.", "He was the author of the report."),
    ("The board was chaired by her brother.", "The board was chaired by his brother."),
)
LABELS: Final = (
    ("{{{{Infobox place\n| population_male = {0}\n}}}}\nA harbour.", "_male", "_female"),
    ("{{{{Infobox place\n| elevation_m = {0}\n}}}}\nA harbour.", "_m =", "_ft ="),
    ("{{{{Infobox place\n| area_km2 = {0}\n}}}}\nA harbour.", "_km2", "_sqmi"),
    ("{{{{Infobox place\n| highest_point = {0}\n}}}}\nA harbour.", "highest", "lowest"),
    ("A harbour.\n\n== Men ==\n* Ada, {0}\n* Edwin, {0}\n", "== Men", "== Women"),
    ("A harbour.\n\n== Before the war ==\n* Ada, {0}\n", "Before", "After"),
)
SIGNS: Final = (
    ("Yes", "No"), ("No", "Yes"), ("✔", "✘"), ("★★★★", "★"), ("▲", "▼"), ("{{yes}}", "{{no}}"), ("☑", "☒"),
)  # fmt: skip


def labels() -> Iterator[Evasion]:
    name = "labels and signs"
    for text, was, now in LABELS:
        for value in ("210", "1,340", "45.5", "17"):
            old = text.format(value)
            kind = "infobox" if "Infobox" in text else "list"
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=old, new=old.replace(was, now))
    for was, now in SIGNS:
        for kind, page in _SIGNED.items():
            yield Evasion(name=name, form=f"{was} → {now}", kind=kind, old=page % was, new=page % now)


_SIGNED: Final = {
    "table": "A harbour.\n\n{|\n! Boat !! In use !! Year\n|-\n| Ardal || %s || 1904\n|-\n| Varr || none || 1905\n|}\n",
    "html": "A harbour.\n\n<table><tr><th>Boat</th><th>In use</th></tr><tr><td>Ardal</td><td>%s</td></tr></table>\n",
}


def grammar() -> Iterator[Evasion]:
    for was, now in (*WORDS, *ROLES):
        for kind, text in WORDED.items():
            pins = (was,) if kind == "pinned" else ()
            old, new = text.format(was), text.format(now)
            yield Evasion(name="words of grammar", form=f"{was} → {now}", kind=kind, old=old, new=new, pins=pins)


ALL: Final = (
    parser_functions, hidden_text, parameters, headers, notations, separators, excuses, drowned, monsters, links,
    grammar, labels, reversals,
)  # fmt: skip


def evasions() -> Iterator[Evasion]:
    """Yield every form of every class for every kind of fact that it fits."""
    for edits in ALL:
        yield from edits()
