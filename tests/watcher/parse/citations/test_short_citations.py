from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.cited import cited_statistics

BOOK = "{{cite book|last=Orr|first=Ann|title=Shipping of the inland seas|date=2009|isbn=9780306406157}}"
PAPER = "{{cite journal|last1=Li|last2=Ngugi|title=Ports|year=2010a|doi=10.5555/ports.1|ref=harv}}"
OFFICE = "{{cite web|author=Statistics Office|title=Ports|year=2012|url=https://a.example.org/ports/all|ref={{sfnref|SO|2012}}}}"
SPEECH = "{{cite report|last=Orr|title=A speech|date=12 May 2011|url=https://a.example.org/speech/1|ref=none}}"
LISTED = f"\n\n== Sources ==\n* {BOOK}\n* {PAPER}\n* {OFFICE}\n* {SPEECH}\n"
STATEMENT = "In 2008 the port of Selby handled 340,000 containers."


def works(note: str, listed: str = LISTED) -> list[str]:
    """The works from which an article with this note on its statement cites the number."""
    cited = cited_statistics(f"{STATEMENT}{note}{listed}", Dialect(), "Selby")
    return [work.identity for item in cited for work in item.works]


@for_each(("note", "expected"))
def test_a_short_citation_names_what_the_article_cites_in_full(note: str, expected: tuple[str, ...]):
    assert works(note) == [*expected]


def test_a_short_citation_of_two_works_names_neither():
    other = BOOK.replace("9780306406157", "9780140449136").replace("inland", "outer")
    assert works("{{sfn|Orr|2009}}", f"{LISTED}* {other}\n") == []
    assert works("{{sfn|Orr|2009}}", f"{LISTED}* {BOOK}\n") == ["isbn:9780306406157"]
