"""Evaluate MediaWiki's parser functions where their arguments are constant.

Help:Extension:ParserFunctions and Help:Magic words describe what each function shows. A function whose arguments depend
on the wiki, the time or a template has no result here.
"""

from __future__ import annotations

import html
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Final

from mwparserfromhell.nodes import Argument, Comment, Template, Text
from mwparserfromhell.nodes.extras import Parameter
from mwparserfromhell.wikicode import Wikicode

from watcher.parse.render.template_values import format_number
from watcher.parse.template_names import CHARACTERS
from watcher.parse.wikitext.sanitizer import unsanitize

Shown = Wikicode | str
_ERROR: Final = '<strong class="error">Expression error</strong>'
_IS_ERROR = re.compile(r"<(?:strong|span|p|div)\s[^<>]*?class\s*+=\s*+[\"']?error", re.IGNORECASE)
_SUBSTITUTION = re.compile(r"\A\s*+(?:safesubst|subst)\s*+:\s*+", re.IGNORECASE)
_PLAIN = 1e15  # from here on, PHP writes a power of ten
_DEEPEST = 30  # levels of nested functions or brackets


def shown_by(node: Template, depth: int = 0) -> Shown | None:
    """Return what a parser function shows: a branch that is still to be read, or text; None if that is unknown."""
    written = constant(node.name, depth) if depth < _DEEPEST else None
    name, colon, test = _SUBSTITUTION.sub("", unsanitize(written or ""), count=1).partition(":")
    name, test, params, depth = name.strip().lower(), test.strip(), node.params, depth + 1

    def branch(number: int) -> Shown:
        return _raw(params[number]) if number < len(params) else ""

    match name if colon else "":
        case "#if":
            return branch(0 if test else 1)
        case "#ifeq":
            other = constant(_raw(params[0]), depth) if params else ""
            return None if other is None else branch(1 if _equal(test, other) else 2)
        case "#ifexpr":
            value = _expression(test, ())
            return value if _IS_ERROR.match(value) else branch(0 if value not in ("", "0") else 1)
        case "#iferror":
            failed = _IS_ERROR.search(test) is not None
            return branch(0 if failed else 1) if failed or len(params) > 1 else test
        case "#switch":
            return _switch(test, params, depth)
        case text if text in _TEXTS:
            rest = [constant(_raw(param), depth) for param in params]
            known = [value for value in rest if value is not None]
            return _TEXTS[text](test, known) if len(known) == len(rest) else None
        case _:
            return None


def only_branch(node: Template) -> Wikicode | None:
    """Return what a condition shows whatever the wiki answers, if all its branches are the same, else None."""
    function = str(node.name).partition(":")[0].strip().lower()
    branches = node.params[1:] if function == "#ifeq" else node.params
    is_complete = function != "#switch" or any(str(branch.name).strip() == "#default" for branch in branches)
    is_one = len(branches) > 1 and is_complete and len({str(branch.value).strip() for branch in branches}) == 1
    return branches[0].value if is_one and function in CONDITIONS else None


def constant(code: Wikicode, depth: int = 0) -> str | None:
    """Return a piece of wikitext with its parser functions evaluated; None if it depends on anything else."""
    parts = []
    for node in code.nodes:
        part: Shown | None = str(node)
        if isinstance(node, Text | Comment):
            part = str(node.value) if isinstance(node, Text) else ""
        elif isinstance(node, Argument):
            # Outside a template, `{{{name|default}}}` is its default.
            part = constant(node.default, depth + 1) if node.default is not None and depth < _DEEPEST else part
        elif isinstance(node, Template):
            character = CHARACTERS.get(str(node.name).strip().lower()) if not node.params else None
            part = shown_by(node, depth) if character is None else character
            part = constant(part, depth + 1) if isinstance(part, Wikicode) else part
        elif "{{" in str(part):
            part = None
        if part is None:
            return None
        parts.append(str(part))
    return "".join(parts)


def _raw(param: Parameter) -> Wikicode:
    """Return a parameter as parser functions read it, with an equals sign as part of its text."""
    return Wikicode([*param.name.nodes, Text("="), *param.value.nodes]) if param.showkey else param.value


def _switch(test: str, params: Sequence[Parameter], depth: int) -> Shown | None:
    """Return the value of the first case that equals `test`, else the default; None if a case is not constant."""
    # The default is a last case without a value, else that of `#default`.
    matched = default_next = False
    default: Shown = ""
    for param in params:
        case = constant(param.name if param.showkey else param.value, depth)
        if case is None:
            return None
        matches = _equal(test, case)
        if not param.showkey:
            matched, default_next = matched or matches, default_next or case.strip() == "#default"
        elif matched or matches:
            return param.value
        elif default_next or case.strip() == "#default":
            default, default_next = param.value, False
    return params[-1].value if params and not params[-1].showkey else default


def _equal(left: str, right: str) -> bool:
    """Return whether PHP's `==` holds: two numbers are compared by value, anything else by its characters."""
    left, right = html.unescape(left).strip(), html.unescape(right).strip()
    return left == right or (
        bool(_PHP_NUMBER.fullmatch(left) and _PHP_NUMBER.fullmatch(right)) and float(left) == float(right)
    )


_PHP_NUMBER = re.compile(r"[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:e[+-]?\d{1,3})?", re.IGNORECASE)


def _padded(text: str, more: Sequence[str], *, left: bool) -> str:
    length = int(more[0]) if more and more[0].strip().isdecimal() and len(more[0]) < 5 else 0  # noqa: PLR2004
    filler = (more[1].strip() if len(more) > 1 else "0") or "0"
    missing = max(min(length, 500) - len(text), 0)  # CoreParserFunctions::pad
    padding = (filler * missing)[:missing]
    return padding + text if left else text + padding


class _NoExpression(Exception):
    """An expression for which MediaWiki shows an error instead of a number."""


_LEXEME = re.compile(
    r"\s*+(?:(\d{1,30}\.?\d{0,30}|\.\d{1,30})|([a-z]+)|(<=|>=|<>|!=|[-+*/^()=<>])|(\Z))", re.IGNORECASE
)
# ExprParser: the precedence of each operator; all of them are left-associative.
_BINARY: dict[str, tuple[int, Callable[[float, float], float]]] = {
    "e": (10, lambda left, right: left * 10**right),
    "^": (8, operator.pow),
    "*": (7, operator.mul),
    "/": (7, operator.truediv),
    "div": (7, operator.truediv),
    "mod": (7, lambda left, right: math.fmod(int(left), int(right))),
    "fmod": (7, math.fmod),
    "+": (6, operator.add),
    "-": (6, operator.sub),
    # PHP rounds halves away from zero.
    "round": (
        5,
        lambda left, right: math.copysign(math.floor(abs(left) * 10.0 ** int(right) + 0.5), left) / 10.0 ** int(right),
    ),
    "=": (4, operator.eq),
    "<": (4, operator.lt),
    ">": (4, operator.gt),
    "<=": (4, operator.le),
    ">=": (4, operator.ge),
    "<>": (4, operator.ne),
    "!=": (4, operator.ne),
    "and": (3, lambda left, right: bool(left) and bool(right)),
    "or": (2, lambda left, right: bool(left) or bool(right)),
}
_UNARY: dict[str, tuple[int, Callable[[float], float]]] = {
    "-": (10, operator.neg),
    "+": (10, operator.pos),
    "not": (9, operator.not_),
    "abs": (9, abs),
    "ceil": (9, math.ceil),
    "floor": (9, math.floor),
    "trunc": (9, math.trunc),
    "sqrt": (9, math.sqrt),
    "exp": (9, math.exp),
    "ln": (9, math.log),
}
_NUMBERS = {"pi": math.pi, "e": math.e}


def _expression(text: str, _more: Sequence[str]) -> str:
    """Return what `{{#expr:…}}` shows: a number with up to 14 digits, or an error."""
    try:
        value = _Expression(html.unescape(text).replace("−", "-")).value()
    except (_NoExpression, ArithmeticError, ValueError, RecursionError):
        return _ERROR
    if value is None:
        return ""
    number = float(value)
    return f"{number:.0f}" if number.is_integer() and abs(number) < _PLAIN else f"{number:.14g}".replace("e", "E")


class _Expression:
    """An evaluation of one expression by the precedence of its operators."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.number, self.word = "", ""
        self.next()

    def next(self) -> None:
        lexeme = _LEXEME.match(self.text, self.at)
        if lexeme is None:
            raise _NoExpression
        self.at = lexeme.end()
        self.number, self.word = lexeme[1] or "", (lexeme[2] or lexeme[3] or "").lower()

    def value(self) -> float | None:
        if not self.number and not self.word:
            return None
        result = self.side(0)
        if self.number or self.word:
            raise _NoExpression
        return result

    def side(self, tightness: int) -> float:
        """Return the value of the operands whose operators bind more tightly than `tightness`."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _NoExpression
        number, word = self.number, self.word
        self.next()
        if number or word in _NUMBERS:
            result = float(number or _NUMBERS[word])
        elif word == "(":
            result = self.side(0)
            if self.word != ")":
                raise _NoExpression
            self.next()
        elif word in _UNARY:
            binds, function = _UNARY[word]
            result = function(self.side(binds - 1))
        else:
            raise _NoExpression
        while self.word in _BINARY and (operation := _BINARY[self.word])[0] > tightness:
            self.next()
            result = operation[1](result, self.side(operation[0]))
        self.depth -= 1
        return result


CONDITIONS: Final = frozenset({"#if", "#ifeq", "#iferror", "#ifexist", "#ifexpr", "#switch"})
"""Functions that show one of their branches."""

COMPUTED: Final = re.compile(
    rf"\s*+(?:(?:{'|'.join(CONDITIONS)}|#replace|#sub|#explode)\s*+:|#invoke\s*+:\s*+(?:string|math|random)\s*+\Z)",
    re.IGNORECASE,
)
"""Those, and functions that cut or replace text or calculate (StringFunctions, Module:String, Module:Math)."""

_TEXTS: dict[str, Callable[[str, Sequence[str]], str]] = {
    "#expr": _expression,
    "lc": lambda text, _: text.lower(),
    "uc": lambda text, _: text.upper(),
    "lcfirst": lambda text, _: text[:1].lower() + text[1:],
    "ucfirst": lambda text, _: text[:1].upper() + text[1:],
    # `R` removes the separators, `NOSEP` adds none.
    "formatnum": lambda text, more: (
        text.replace(",", "") if "".join(more[:1]).strip().upper() in ("R", "NOSEP") else format_number(text)
    ),
    "padleft": lambda text, more: _padded(text, more, left=True),
    "padright": lambda text, more: _padded(text, more, left=False),
    "plural": lambda text, forms: "".join(forms[:1] if text == "1" or len(forms) == 1 else forms[1:2]).strip(),
}
