"""List code of the product that only tests use, or nothing: `make dead` and `make check` call it.

What frameworks and the command line call by name, and what templates read, counts as used.
"""

import keyword
import re
import sys
import tomllib
from pathlib import Path

from vulture import Vulture

from watcher.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("watcher", "flows", "snapshots")
USED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def template_names() -> str:
    """Return a program that uses every word in a template."""
    words: set[str] = set()
    for path in (ROOT / "watcher").rglob("templates/**/*"):
        if path.is_file():
            words.update(re.findall(r"\b[A-Za-z_]\w*\b", path.read_text(encoding="utf-8")))
    return "\n".join(f"_.{word}" for word in sorted(words) if not keyword.iskeyword(word))


def command_names() -> str:
    """Return a program that uses the functions that the command line imports by name."""
    return "\n".join(f"_.{target.partition('.')[2]}" for target in COMMANDS.values())


def unused() -> list[str]:
    """Return a line for each unused function, class, attribute, variable or import."""
    result = Vulture(ignore_names=USED["hooks"], ignore_decorators=USED["decorators"])
    result.scan(template_names(), filename=Path("templates"))
    result.scan(command_names(), filename=Path("commands"))
    result.scavenge([str(ROOT / package) for package in PACKAGES], exclude=["*/migrations/versions/*"])
    items = result.get_unused_code(min_confidence=60)
    return [f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.message}" for item in items]


def main() -> int:
    """Print what is unused; the exit code is 1 if there is anything."""
    lines = unused()
    print("\n".join(lines) or "nothing is unused")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
