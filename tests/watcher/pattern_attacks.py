"""Build adversarial texts from the alternatives of a regular expression: a prefix, a repeated pump, a suffix.

A pattern that backtracks needs a stretch that a repetition can read in many ways, or from many beginnings. Both can be
read off the pattern: the pump is what one of its repetitions takes, or what leads up to that repetition.
"""

import ast
import importlib
import pkgutil
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _constants as sre
from re import _parser as parser
from types import ModuleType
from typing import Any

MANY = 20  # a repetition with a smaller limit cannot grow
_POOL = "a1 .A-_\"'=\u00e9\n|:;/,(&\u4e00[{<>}])*#!?%\t0"
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_CATEGORIES = {
    sre.CATEGORY_DIGIT: str.isdigit,
    sre.CATEGORY_NOT_DIGIT: lambda letter: not letter.isdigit(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda letter: not letter.isspace(),
    sre.CATEGORY_WORD: lambda letter: letter.isalnum() or letter == "_",
    sre.CATEGORY_NOT_WORD: lambda letter: not (letter.isalnum() or letter == "_"),
}


@dataclass(frozen=True)
class Named:
    """A pattern and its location in the source."""

    where: str
    pattern: re.Pattern[str]
    anchored: bool = False  # its module only matches at one position


@dataclass(frozen=True)
class Attack:
    """A text that can be made of any length."""

    prefix: str
    pump: str
    suffix: str

    def text(self, length: int) -> str:
        return self.prefix + self.pump * (length // len(self.pump)) + self.suffix


def patterns(*packages: str) -> list[Named]:
    """Every pattern of some packages: values of modules, and the constants given to functions of `re`."""
    result: dict[tuple[str, int], Named] = {}
    for package in packages:
        root = importlib.import_module(package)
        names = [package, *(info.name for info in pkgutil.walk_packages(root.__path__, f"{package}."))]
        for name in names:
            module = importlib.import_module(name)
            anchored = _anchored(module)
            for key, pattern in (*_values(module), *_inline(module)):
                named = Named(f"{name}.{key}", pattern, key in anchored)
                result.setdefault((pattern.pattern, pattern.flags), named)
    return list(result.values())


def _values(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    for key, value in vars(module).items():
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else (value,)
        for part in parts:
            for item in part if isinstance(part, tuple) else (part,):
                if isinstance(item, re.Pattern) and isinstance(item.pattern, str):
                    yield key, item


def _anchored(module: ModuleType) -> set[str]:
    """The names whose every use in a module is `.match` or `.fullmatch`."""
    source = Path(str(module.__file__))
    tree = ast.parse(source.read_text(encoding="utf-8")) if source.suffix == ".py" else ast.parse("")
    uses = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    asked = [
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("match", "fullmatch") and isinstance(node.value, ast.Name)
    ]
    return {name for name in asked if asked.count(name) == uses.count(name)}


def _inline(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    source = Path(str(module.__file__))
    if source.suffix != ".py":
        return
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner, first = node.func.value, node.args[0]
            if isinstance(owner, ast.Name) and owner.id == "re" and isinstance(first, ast.Constant):
                flags = re.NOFLAG
                if any("IGNORECASE" in ast.unparse(item) for item in (*node.args[1:], *node.keywords)):
                    flags |= re.IGNORECASE
                if any("DOTALL" in ast.unparse(item) for item in (*node.args[1:], *node.keywords)):
                    flags |= re.DOTALL
                if isinstance(first.value, str):
                    yield f"line {node.lineno}", re.compile(first.value, flags)


def attacks(pattern: re.Pattern[str], seed: int = 1) -> list[Attack]:
    """Texts for each repetition of the pattern, in each of its alternatives."""
    rng = random.Random(seed)
    parsed = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    result: dict[Attack, None] = {}
    for before, body in _repetitions(list(parsed), rng, ""):
        bodies = {_sample(body, rng) for _ in range(4)} | {_sample(body, rng) * 2 + " "}
        if len(body) == 1 and body[0][0] is sre.IN and _is_in("\n", body[0][1]):
            bodies.add("\n")  # `^` and `$` begin and end at every one of them
        pumps = {*bodies, before, before + next(iter(sorted(bodies)))} - {""}
        for pump in sorted(pumps):
            for prefix in dict.fromkeys(("", before)):
                for suffix in ("", "\x00", "\n\x00"):
                    result.setdefault(Attack(prefix, pump, suffix))
    return list(result)


def _repetitions(nodes: list[Any], rng: random.Random, before: str) -> Iterator[tuple[str, list[Any]]]:
    """Return the prefix and the body of each unbounded repetition."""
    for operation, value in nodes:
        if operation in _REPEATS and value[1] > MANY:
            yield before, list(value[2])
        for inside in _insides(operation, value):
            yield from _repetitions(inside, rng, before)
        before += _sample([(operation, value)], rng)


def _insides(operation: Any, value: Any) -> list[list[Any]]:
    """The sequences that a node holds."""
    if operation in _REPEATS:
        return [list(value[2])]
    if operation is sre.BRANCH:
        return [list(branch) for branch in value[1]]
    if operation is sre.SUBPATTERN:
        return [list(value[3])]
    if operation is sre.ATOMIC_GROUP:
        return [list(value)]
    return [list(value[1])] if operation in (sre.ASSERT, sre.ASSERT_NOT) else []


def _sample(nodes: list[Any], rng: random.Random) -> str:
    return "".join(_example(operation, value, rng) for operation, value in nodes)


def _example(operation: Any, value: Any, rng: random.Random) -> str:
    if operation in _REPEATS:
        least, _, body = value
        return "".join(_sample(list(body), rng) for _ in range(max(least, 1)))
    if operation in (sre.BRANCH, sre.SUBPATTERN, sre.ATOMIC_GROUP):
        return _sample(rng.choice(_insides(operation, value)), rng)
    letters = {
        sre.LITERAL: lambda: chr(value),
        sre.NOT_LITERAL: lambda: next(letter for letter in _POOL if ord(letter) != value),
        sre.ANY: lambda: rng.choice("a ."),
        sre.IN: lambda: _member(value, rng),
    }
    return letters[operation]() if operation in letters else ""


def _member(value: list[Any], rng: random.Random) -> str:
    """A character of a class; one that many others share is tried first."""
    inside = [letter for letter in _POOL if _is_in(letter, value)]
    if value[0][0] is sre.NEGATE or any(operation is sre.CATEGORY for operation, _ in value):
        return rng.choice(inside) if inside else "a"
    own = [chr(part if operation is sre.LITERAL else part[0]) for operation, part in value if operation != sre.NEGATE]
    return rng.choice(own + inside)


def _is_in(letter: str, value: list[Any]) -> bool:
    negated = value[0][0] is sre.NEGATE
    hit = any(
        (operation is sre.LITERAL and ord(letter) == part)
        or (operation is sre.RANGE and part[0] <= ord(letter) <= part[1])
        or (operation is sre.CATEGORY and _CATEGORIES[part](letter))
        for operation, part in value
    )
    return hit != negated


def seconds(named: Named, text: str) -> float:
    """Return the processor time of a match as its module makes it: at one position, or at all."""
    begun = time.process_time()
    if named.anchored:
        named.pattern.match(text)
        named.pattern.fullmatch(text)
    else:
        for _ in named.pattern.finditer(text):
            pass
    return time.process_time() - begun


def growth(pattern: Named, attack: Attack, *, enough: float, longest: int = 8_000) -> float:
    """How many times longer four times the text takes; 0 where the longest text takes less than `enough` seconds.

    Lengths rise from a short one, so that a pattern of exponential cost is caught before it runs for hours. Each
    time is the least of several: whatever else the machine does can only add to it.
    """
    length = 32
    while length < longest:
        long = attack.text(4 * length)
        if seconds(pattern, long) >= enough and min(seconds(pattern, long) for _ in range(3)) >= enough:
            short = attack.text(length)
            return min(seconds(pattern, long) for _ in range(2)) / max(
                min(seconds(pattern, short) for _ in range(5)), 1e-6
            )
        length *= 4
    return 0.0
