"""Read the wikitexts that hide something from readers, and those that do not."""

import tomllib
from pathlib import Path

_TEXTS = tomllib.loads((Path(__file__).parent / "data/hidden_texts.toml").read_text(encoding="utf-8"))
HIDDEN: list[str] = _TEXTS["hidden"]
SEEN: list[str] = _TEXTS["seen"]
