"""Make two hundred routine edits of the kind that citation bots and copy editors make."""

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ARTICLE: str = _TABLES["article"]
FIGURES: list[list[str]] = _TABLES["figures"]


def _applied(edit: list[str], text: str, lottery: random.Random) -> str:
    """The text with one random occurrence of the edit's pattern replaced."""
    pattern, replacement = edit if len(edit) > 1 else ("", rf"\g<0> |{edit[0]}")
    if not pattern:  # a parameter for one citation that does not have it
        lacking = rf"(?:(?!\}}\}}|\|{edit[0].partition('=')[0]}=)[^{{}}])*"
        pattern = rf"\{{\{{cite (?:web|book|journal){lacking}(?=\}}\}})"
    result = list(re.finditer(pattern, text))
    if not result:
        return text
    match = lottery.choice(result)
    return text[: match.start()] + match.expand(replacement) + text[match.end() :]


def revisions(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Pairs of texts, each new one being the next old one; every edit changes something."""
    lottery = random.Random(seed)
    old = ARTICLE
    for _ in range(count):
        new = old
        while new == old:
            new = _applied(lottery.choice(_TABLES["bot" if lottery.random() < 0.6 else "copy"]), old, lottery)
        yield old, new
        old = new
