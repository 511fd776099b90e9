"""Read the labelled statements of data/contradictions.txt as articles, and pair them as the index does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from watcher.judge.contradictions import contradictions
from watcher.model import Article
from watcher.model.elements import ArticleStatistic
from watcher.parse import dialect_for
from watcher.parse.cited import cited_statistics

CASES = Path(__file__).parent / "data" / "contradictions.txt"


@dataclass
class LabelledCase:
    """Statements about one work: whether articles contradict each other, and which articles they are."""

    label: str
    titles: set[str] = field(default_factory=set)

    @property
    def planted(self) -> bool:
        return self.label.startswith("yes")


def read_cases() -> tuple[list[LabelledCase], dict[str, str]]:
    """Return the cases, and the wikitext of each article by its title, `de:` before one of the German wiki."""
    cases: list[LabelledCase] = []
    articles: dict[str, list[str]] = {}
    reference = ""
    for line in CASES.read_text("utf-8").splitlines():
        if line.startswith("source "):
            reference = f"<ref>{{{{cite web|{line.removeprefix('source ')}}}}}</ref>"
        elif line.startswith(("yes ", "no ")):
            cases.append(LabelledCase(line))
        elif line and not line.startswith("#"):
            title, _, text = line.removeprefix("de:").partition(": ")
            title = f"de:{title}" if line.startswith("de:") else title
            joined = "\n" if text.startswith(("|", "!")) else "\n\n"
            articles.setdefault(title, []).append(joined + text.replace("@", reference))
            cases[-1].titles.add(title)
    return cases, {title: "".join(parts).strip() for title, parts in articles.items()}


def statistics_of(number: int, title: str, text: str) -> Iterator[ArticleStatistic]:
    """Yield the cited statistics of an article, numbered from `number` × 1,000 on."""
    language = "de" if title.startswith("de:") else "en"
    article = Article(wiki=f"{language}wiki", page_id=number, title=title.removeprefix("de:"))
    for at, item in enumerate(cited_statistics(text, dialect_for(language), article.title)):
        yield ArticleStatistic(id=1000 * number + at, article=article, statistic=item, language=language)


def find_pairs(articles: dict[str, str]) -> Iterator[tuple[ArticleStatistic, ArticleStatistic]]:
    """Yield the contradictions between all articles, each once."""
    seen: list[ArticleStatistic] = []
    for number, (title, text) in enumerate(articles.items(), 1):
        own = [*statistics_of(number, title, text)]
        known = {item.id: item for item in (*own, *seen)}
        yield from ((known[first], known[second]) for first, second in contradictions(own, seen))
        seen += own


def case_of(cases: list[LabelledCase], first: ArticleStatistic, second: ArticleStatistic) -> LabelledCase | None:
    """Return the case whose work two statistics cite."""
    titles = {f"{'de:' * (item.language == 'de')}{item.article.title}" for item in (first, second)}
    return next((case for case in cases if titles <= case.titles), None)
