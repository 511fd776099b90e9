"""Tell sentences that may state a fact of the world from what only points, speaks to readers, or is left of markup."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from watcher.diff.removed import LINK_SECTIONS
from watcher.model import Sentence, TextKind
from watcher.parse.extension_tags import NOTATIONS

# What the edit toolbar inserts as an example of a table.
_SAMPLE_TABLE: Final = re.compile(r"\b(?:header \d|row \d, cell \d)\b")
# "Over the following two decades" announces nothing.
_NO_TIME: Final = r"(?!(?:\w+ ){0,3}(?:hours|days|weeks|months|seasons|elections|years|decades|centuries)\b)"
# What an article says of itself (Wikipedia:Manual of Style/Self-references to avoid), and what its writer announces.
_SELF_REFERENCE: Final = re.compile(
    r"\b(?:th(?:is|e present|e rest of this) (?:article|page)\b|(?:in|of|from|within) the article\b"
    r"|this section (?:discusses|describes|explains|presents|covers|lists|deals|is about)\b"
    r"|(?:presented|described|discussed|outlined|listed|shown) here\b"
    r"|(?:is|are) (?:presented|described|discussed|outlined|listed|shown) (?:below|above|in alphabetical order)\b"
    r"|it would be (?:interesting|useful|helpful|worthwhile) to\b"
    r"|(?:coming soon|to be continued|under construction)\b"
    r"|will (?:now )?be (?:discussed|examined|described|explained|expanded) (?:below|later|next|here|soon|shortly)\b"
    r"|we (?:will|shall) (?:now )?(?:discuss|examine|look at|turn to|consider|describe|explain|see)\b"
    r"|my (?:own |personal )?(?:view|opinion)\b"
    r"|(?:found|discussed|covered|described|explained|treated) (?:in|under) (?:its|their) "
    r"(?:own|corresponding|respective) (?:article|section)s?\b"
    r"|\b(?:in|under) the (?:corresponding|respective|relevant) articles?\b"
    r"|\b(?:found|discussed|covered|described|explained|treated) (?:in|under) the articles\b"
    rf"|of the following {_NO_TIME}(?:\w+ ){{0,3}}\w+s\b[^:]{{0,400}}$)"
    r"|^\W*To (?:find out|learn|read) more\b|\bto (?:find out|learn|read) more(?:,|\W*$)"
    r"|^\W*(?:Here|Below|Above) (?:is|are) (?:an? |some )?(?:\w+ ){0,2}(?:lists?|selection|links?|overview|summary)\b"
    rf"|^\W*The following {_NO_TIME}(?:\w+ ){{0,3}}\w+s\b[^:]{{0,99}}\b(?:are|were|may|should|have)\b[^:]{{0,400}}$",
    re.IGNORECASE,
)
# Where something is explained: "is explained in The Ethics of Voting by George H. Smith".
_EXPLAINED: Final = re.compile(
    r"\b(?:is|are) (?:explained|discussed|outlined|presented|documented) in [A-Z\"“][^.]{2,80} by [A-Z]"
)
_QUOTATION: Final = re.compile(r"\"[^\"]*+\"|“[^“”]*+”")  # no quotation in another: each mark is read once
_QUOTATION_MARK: Final = re.compile(r"[\"“]")
# Of English: "I" is an article in Italian and a number ("class I railways"), "we" a pronoun or preposition elsewhere.
_FIRST_PERSON_VERB: Final = (
    r"(?:(?:also|still|now|never|always|only|just|do not) )?"
    r"(?:am|are|was|were|have|had|did|will|shall|would|should|could|may|might|must|cannot|think|thought|believed?"
    r"|know|knew|feel|felt|saw|say|said|want(?:ed)?|need|find|found|live|hope|mean|agree|disagree|use|used|give|take"
    r"|make|made|come|came|go|went|get|got|look|ask|deny|reject|oppose|support|seek|demand|advocate|prefer|refer"
    r"|understand|recogni[sz]e|consider|accept|claim|assume|wrote|write|do not|don['’]t|doubt|suggest|propose|wonder"
    r"|removed?|changed?|added|add|deleted?|edited|guess|wish|love|like|hate|see)"
)
# What speaks for its writer (MOS:WE), but for what one of several holds: "argue that we have no such duty".
_FIRST_PERSON: Final = re.compile(
    r"\b(?=[Ww]e)"  # before all that is looked for behind it
    r"(?<!\bthat )(?<!\bwhether )(?<!\bwhat )(?<!\bwhich )(?<!\bif )(?<!\bas )(?<!\bthan )(?<!\bhow )(?<!\bwhere )"
    rf"[Ww]e(?:['’](?:re|ve|ll|d)\b| {_FIRST_PERSON_VERB}\b)"
    r"|(?:^\W*|\b[a-z]+,? |[,;:—–(] ?)(?<!phase )(?<!stage )(?<!class )(?<!part )(?<!type )(?<!grade )(?<!war )"
    rf"I(?:['’](?:m|ve|d|ll)\b| {_FIRST_PERSON_VERB}\b)"
)
# What speaks to the reader (MOS:YOU): "you", a question, a request, an exclamation; titles have capitals.
_ADDRESS: Final = re.compile(
    r"\byou(?:r|rs|rself)?\b|^\W*(?:Do|Does|Did|Is|Are|Was|Were|Can|Could|Will|Would|Should|Why|How) [^?]*\?\W*$"
    r"|^\W*(?:(?:Don['’]t|Do not|Please|Let['’]s|Let us|Remember|Beware|Suppose|Imagine) [a-z]|Say, )"
    r"|(?:(?<![^\W_])[a-z]+|(?<![^\W_])[A-Z]{2,})!\W*+$"
)
# What only points to another article (hatnotes and their like, which are short) or to an address.
_HATNOTE: Final = re.compile(
    r"\W*(?:See (?:also\b|[a-z]|.*\bfor (?:a |the )?(?:more|further|general|full|details))"
    r"|Main [Aa]rticles?\b|Further information\b|Not to be confused with\b"
    r"|For (?:information|(?:more|further) details)\b|For (?:more|further) information\b|For .*\bsee\b"
    r"|(?:Click|Visit|Contact|URL)\b|This is .{0,20}\b(?:documented|discussed|described|explained) (?:in|on|at)\b)"
)
_LONGEST_HATNOTE: Final = 160
_POINTER: Final = re.compile(
    r"\b(?:discussed|presented|described|documented|listed|found|available|(?:[Cc]lick|[Ss]earch) \w+)\b[^.]{0,60}"
    r"(?:https?://|www\.)"
)
_WEB_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS: Final = 6  # beside an address: fewer only point to it
# A line of a search engine's results: an address, and the size of the page.
_SEARCH_RESULT: Final = re.compile(r"\w\.\w{2,24}/\S{0,200}+\s{1,3}[-–] (?:\d{1,6}[kK]B?\b|Cached\b|Similar pages\b)")
# Markup that is left in the text: percent-encoded by a proxy or a tool, a parameter, footnote or heading that was cut.
_LEFT_MARKUP: Final = re.compile(
    r"#invoke:|={3}|[^\s\d(]%[0-9A-Fa-f]{2}|%26\w+%3B|^\W*\|\s*\w+\s*=|\|(?:align|style|(?:col|row)span)=|^\W*<ref\b|</ref\b"
)


_LONG_WORD: Final = re.compile(r"(?<![\w-])[^\W\d_]{4,}")
_DOMAIN: Final = re.compile(r"\b[\w-]{1,63}\.(?:com|info|net|org)\b")
_DATE: Final = re.compile(r"\W*[^\W\d_]+ \d{1,2}, \d{4}\W*$")
_SIGNED: Final = re.compile(r"\W{0,3}[-–—]")  # "— Ann Gull, Tides of Ebb"


# A sentence of a quotation that says nothing without the one before, and has no holder beside it.
_GOES_ON: Final = re.compile(
    r"\W*(?:It|This|That|These|Those|They|He|She|And|But|For|Nor|Or|So|Then|Yet|Here|Thus) [a-z]"
)


def states_facts(sentence: Sentence) -> bool:
    """Return whether a sentence may state a fact: no list of works, no markup, no word on the article or to readers."""
    if sentence.label in NOTATIONS or _lists_links(sentence.location.section):
        return False
    if sentence.where in _NAMING and _only_names(sentence.text, sentence.where):
        return False
    if sentence.where is TextKind.QUOTE and _GOES_ON.match(sentence.text):
        return False
    if sentence.where is not TextKind.CAPTION and _speaks_for_writer(sentence.text):
        return False
    return _may_state_facts(sentence.text)


_CITATION: Final = re.compile(
    r"\b(?:Press|Publish\w{1,10}|Books|Editions?)\b.{0,40}\b\d{4}\b.{0,12}\bpp?\.? ?\d[\d–-]*(?:, ?\d+)?\W{0,8}$"
)
_SOURCE: Final = re.compile(
    r"\b(?:Press|Publish\w{1,10}|Books|Editions?)\b.{0,80}\b\d{4}\b|\b(?:pp?\. ?|page )[\divxl]{1,8}\W{0,8}$"
)
_UNIVERSITY: Final = re.compile(r"\bUniversity\b.{0,80}\b\d{4}\b")  # a source in prose; in a list, where one studied
_LIST: Final = 3  # commas
_NAMING: Final = frozenset({TextKind.PROSE, TextKind.LIST})


@lru_cache(maxsize=4096)
def _only_names(text: str, where: TextKind) -> bool:
    """Return whether nothing but a source, or in prose names or a date, is left of a sentence: no deed is told."""
    words = [word for word in _LONG_WORD.findall(_DOMAIN.sub("", text)) if word != "page"]
    if not words or not all(word[0].isupper() for word in words):
        return _CITATION.search(text) is not None
    if _SOURCE.search(text) or where is TextKind.LIST:
        return _SOURCE.search(text) is not None
    signed = _DATE.match(text) or _SIGNED.match(text)
    return signed is not None or _UNIVERSITY.search(text) is not None or text.count(",") >= _LIST


@lru_cache(maxsize=4096)
def _speaks_for_writer(text: str) -> bool:
    """Return whether a sentence is in the first person before its first quotation."""
    return _FIRST_PERSON.search(_QUOTATION_MARK.split(text, maxsplit=1)[0]) is not None


@lru_cache(maxsize=4096)
def _may_state_facts(text: str) -> bool:
    spoken = _QUOTATION.sub("", text) if _QUOTATION_MARK.search(text) else text
    return not (
        _SAMPLE_TABLE.search(text)
        or _SELF_REFERENCE.search(spoken)
        or _EXPLAINED.search(text)
        or _ADDRESS.search(spoken)
        or _LEFT_MARKUP.search(text)
        or _points(text)
    )


_SPEECH: Final = (
    r"(?:says|said|writes|wrote|states|stated|adds|added|argues|argued|claims|claimed|notes|noted|explains|explained"
    r"|declares|declared|concludes|concluded|observes|observed|replies|replied|remarks|remarked|continues|continued"
    r"|maintains|maintained|reads|put it|puts it)"
)
# What leads to a quotation: "Rothbard says,", "Rothbard says of them,", "It was Rothbard who wrote in 1971:".
_LEAD: Final = re.compile(
    rf"\W*(?:[\w.'’-]{{1,30}} ){{1,4}}{_SPEECH}(?:\W*| (?:of|on|about)(?: [\w.'’-]{{1,30}}){{1,5}},)$"
)
# One without its colon, "According to the preamble", or "Here, Ode writes of it."
_CUT_LEAD: Final = re.compile(
    r"\W*According to (?!.*\b(?:was|were|is|are|had|has|have|did|fell|rose|grew|[a-z]+ed)\b)"
    r"[^\W\d][\w'’-]*+(?: [^\W\d][\w'’-]*+){0,4}\W*$"
    rf"|\W*Here, [^\"“,]{{1,80}}\b{_SPEECH} (?:of|on|about|how|why|what|some|the|his|her|its)\b"
)
_SPEAKING: Final = re.compile(rf"\b{_SPEECH}\b")
_LEAD_WITH_COLON: Final = re.compile(
    r"(?:\W*According to [^,.:]{1,200}|.*\bas follows"
    rf"|.*\b{_SPEECH}(?: that)?(?:,? (?:in|of|on|about|at|this way)\b.{{0,160}})?):\W{{0,3}}$"
)
_COMPARE: Final = re.compile(r"(?:\([^()]*\)\W*|\W*)[Cc]f[.:] ")
_ANSWER: Final = re.compile(
    r"\W*(?:Yes|No)(?:\.(?! ?\d)|(?:, \w+(?: \w+){0,3})?\W*$)"
)  # to a question that is the head of a column
# A source, or a title, in brackets.
_BRACKETED: Final = re.compile(r"\W*[(\[](?:[^()\[\]]|\([^()]*\))*[)\]]\W*$")
# A remark without a subject.
_REMARK: Final = re.compile(r"\W*\((?:Presumably|Probably|Possibly|Perhaps|Hopefully) (?:not )?(?:to|for|by|because)\b")
_SOURCE_WORDS: Final = re.compile(r"\W*(?:[Qq]uoted |[Aa]lso see |[Ss]ee |[Ff]rom |[Nn]ot to be confused )")
_FEWEST_OF_TITLE: Final = 3


def _is_aside(text: str) -> bool:
    """Return whether a text in brackets is a title, a source or a remark without a subject."""
    if not _BRACKETED.match(text):
        return False
    if _REMARK.match(text):
        return True
    words = _LONG_WORD.findall(text)
    is_title = len(words) >= _FEWEST_OF_TITLE and 2 * sum(word[0].isupper() for word in words) > len(words)
    return is_title or _SOURCE_WORDS.match(text) is not None


def _points(text: str) -> bool:
    if _LEAD.match(text) or _CUT_LEAD.match(text) or _ANSWER.match(text) or _COMPARE.match(text) or _is_aside(text):
        return True
    if text.rstrip(" -–—").endswith(",") and not _QUOTATION_MARK.search(text) and _SPEAKING.search(text):
        return True  # "Rothbard says of these, while denying it,"
    if ":" in text[-4:] and _LEAD_WITH_COLON.match(text):
        return True
    if len(text) <= _LONGEST_HATNOTE and _HATNOTE.match(text):
        return True
    if "/" in text and (_POINTER.search(text) or _SEARCH_RESULT.search(text)):
        return True
    rest = _WEB_ADDRESS.sub("", text) if "://" in text or "www." in text else text
    return rest != text and len(_WORD.findall(rest)) < _FEWEST_WORDS


@lru_cache(maxsize=1024)
def _lists_links(section: tuple[str, ...]) -> bool:
    return any(LINK_SECTIONS.match(heading) for heading in section)
