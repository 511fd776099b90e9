from __future__ import annotations

from tests.cases import for_each
from watcher.parse.render import template_values
from watcher.parse.render.template_values import VALUES

SHOWN = """
{{as of|2009}} → As of 2009
{{as of|2009|7}} → As of July 2009
{{as of|2009|07|05}} → As of 5 July 2009
{{as of|2009|7|5|df=US}} → As of July 5, 2009
{{as of|2009|July}} → As of July 2009
{{as of|2009|lc=y}} → as of 2009
{{as of|2009|since=y}} → Since 2009
{{as of|2009|bare=yes}} → 2009
{{as of|2009|pre=late}} → As of late 2009
{{as of|2009|alt=In that year}} → In that year
{{as of|2009|13}} → As of 13 2009
{{as of}} → As of
{{birth date|1950|2|3}} → February 3, 1950
{{birth date|1950|2|3|df=y}} → 3 February 1950
{{birth date|1950}} → 1950
{{birth date|3 February 1950}} → 3 February 1950
{{death date and age|2000|1|2|1930|3|4}} → January 2, 2000 (aged 69)
{{death date and age|2000|1|2}} → January 2, 2000
{{age|1950|5|3|2000|5|3}} → 50
{{age|1950|5|3}} →
{{age|x|5|3|2000|5|3}} →
{{circa|1990|1995}} → c. 1990 – c. 1995
{{circa}} → c.
{{reign|1990|2000}} → r. 1990–2000
{{duration|1|5|9}} → 1:05:09
{{duration|m=5|s=3}} → 5:03
{{convert|12|km}} → 12 km
{{convert|12|km|mi}} → 12 km
{{convert|12|km2|sqmi|1}} → 12 km²
{{convert|12|to|15|km}} → 12 to 15 km
{{convert|12|-|15|mph|km/h}} → 12–15 mph
{{convert|2|x|3|m}} → 2 × 3 m
{{convert|5|ft|6|in|cm}} → 5 ft 6 in
{{convert|20|C|F}} → 20°C
{{convert|12000|acre}} → 12,000 acres
{{convert|1.5|e6km2}} → 1.5 million km²
{{convert|1/2|mi}} → 1/2 mi
{{convert|some|km}} → some km
{{convert|12}} → 12
{{convert}} →
{{frac|1|2|3}} → 1 2/3
{{frac|2|3}} → 2/3
{{frac|3}} → 1/3
{{frac}} →
{{percentage|1|3}} → 33%
{{percentage|2|3|1}} → 66.7%
{{percentage|1,000|2,000}} → 50%
{{percentage|1|0}} → 1/0
{{percentage|1|x}} → 1/x
{{percentage|12}} → 12%
{{percentage}} →
{{val|1234.5|0.3|u=km}} → 1,234.5 ± 0.3 km
{{val|1.5|e=-6}} → 1.5 × 10⁻⁶
{{val|12|u=%}} → 12%
{{val}} →
{{e|6}} → × 10⁶
{{hms|Ark|R09}} → HMS Ark (R09)
{{ship|HMS|Ark}} → HMS Ark
{{sclass|Ark|ferry}} → Ark-class ferry
{{ordinal|1}} → 1st
{{ordinal|112}} → 112th
{{ordinal|last}} → last
{{formatnum|12345|prefix=~}} → ~12,345
{{inflation|US|1000|1990}} → 1,000
{{us$|31 billion}} → US$31 billion
{{inr|500|c}} → ₹500 crore
{{gbp|12000}} → £12,000
{{currency|31|USD}} → US$31
{{currency|31|XYZ}} → XYZ 31
{{currency|31}} → $31
{{nihongo|Edo|江戸}} → Edo (江戸)
{{nihongo|Edo}} → Edo
""".strip().splitlines()


@for_each("line", SHOWN)
def test_a_template_reads_as_on_the_page(line: str):
    template, shown = (part.strip() for part in line.split("→"))
    name, *written = template.strip("{}").split("|")
    named = dict(part.split("=") for part in written if "=" in part)
    numbered = {str(index): value for index, value in enumerate((part for part in written if "=" not in part), 1)}
    assert VALUES[name](numbered | named).strip() == shown


@for_each(
    ("written", "shown"),
    [
        ("1", "1"),
        ("1234", "1,234"),
        ("1234567.891", "1,234,567.891"),
        ("-1234", "−1,234"),
        ("12,345", "12,345"),
        ("", ""),
        ("many", "many"),
        ("٣", "٣"),
        ("9" * 30, ",".join(["999"] * 10)),
    ],
)
def test_digits_are_grouped_and_words_left_alone(written: str, shown: str):
    assert template_values.format_number(written) == shown


def test_numbered_parameters_end_at_the_first_gap():
    assert template_values.positional({"1": "a", "2": "b", "4": "d", "name": "x"}) == ["a", "b"]
