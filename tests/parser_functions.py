"""Read parser functions with constant arguments, and what MediaWiki expands them to."""

import tomllib
from pathlib import Path

EVALUATED: dict[str, str] = tomllib.loads(
    (Path(__file__).parent / "data/parser_functions.toml").read_text(encoding="utf-8")
)
