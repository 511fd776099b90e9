"""Find changes in how firmly and how widely a sentence asserts something: questions, quotation marks, limits, eras."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from watcher.diff.sentence_pair import SentencePair
from watcher.model import Cue, CueMatch, FieldChange, Sentence, TextKind
from watcher.text.token_diff import TokenChange
from watcher.text.tokens import Token, TokenKind, are_opposed

# In lower case only: "vitamin E" is no conjunction.
AND = re.compile(r"\b(?:and|or|und|oder|sowie|et|ou|y|e|o|и|или|а также)\b|[&と及や]")
QUALIFICATION = "qualification"  # field: words that limit, doubt or retract a statement
# Verbs for holding a view, only in the present: in the past they report a single event, and are often reworded.
STANCE = frozenset(
    f"{verb}{ending}"
    for verb in "say argue claim believe contend insist maintain think describe regard consider view call see".split()
    for ending in ("", "s")
)
_UNIVERSAL = frozenset(
    "all both every each everybody everyone no none neither nobody nothing alle jede jeder kein keine keiner niemand "
    "tous toutes aucun aucune todos todas ninguno ninguna nadie tutti tutte nessuno nessuna geen ninguém "
    "wszyscy wszystkie nikt żaden все никто 全部 所有".split()
)
# They say of how many a plural is true: "historians regard" → "some historians regard".
_AMOUNTS = frozenset(
    "some several many most few certain various einige manche viele certains certaines plusieurs quelques algunos "
    "algunas varios varias muchos muchas alcuni alcune molti molte sommige enkele vele alguns algumas muitos muitas "
    "niektórzy niektóre некоторые многие 一部の 有些 一些 某些".split()
)
_THE = re.compile(r"\bthe\s\Z", re.IGNORECASE)  # "the most important port" is a superlative
_INFINITIVE = re.compile(r"\s+to\s+([^\W\d][\w-]*)")
# Verbs after which the governed one did happen.
_HAPPENED = frozenset(
    "began begin begins started starts managed manages manage continued continues came went used helped helps decided "
    "chose agreed proceeded had has able on".split()
)
_COUNTED = (TokenKind.FIGURE, TokenKind.NUMBER)
_MAX_SEARCHED = 20_000  # characters of a sentence that are searched for words of the other
# Signs between operands, and marks that a legend explains ("† destroyed"). Dashes may be minus signs.
_OPERATOR = re.compile(r"(?<=[\w)\]] )(?:[+×÷=<>≤≥≠±]|-(?=\s\w\b))(?= [\w(\[])")
_OFFSET = re.compile(r"(?:(?<=[^\W\d_])|^)[+-](?=\d)")  # "UTC+3", or the number of a parameter
_MARKED = re.compile(r"\b\w++(?:[†‡]|\*(?![\w*]))")
_ASKS = re.compile(r"[?？؟]\)?$|\(\?\)")
# One to three common words; with a capital or number they are a title, a name or a code.
_WORDS = r"([^\W\d_]+(?:[ -][^\W\d_]+){0,2})"
_QUOTED = re.compile(rf"\"{_WORDS}\"|“{_WORDS}”|«\s?{_WORDS}\s?»|„{_WORDS}[“”]|(?<!\w)['‘]{_WORDS}['’](?!\w)")

# Words that limit the extent of a statement, or for whom it holds
_LIMITS = re.compile(
    r"\b(?:(?P<among>one of|among)(?= (?:the|its) (?:\w{2,20}est|most|least|only|top|leading|first|last)\b)"
    r"|all but|except(?: for)?|excluding|with the exception of|by (?:some|several|few|critics|opponents|supporters)"
    r"|(?:nearly|almost)(?= [a-z])"
    r"|(?:nearly|almost|virtually|practically) (?:all|every|each|no|none|nobody|nothing|the (?:entire|whole))"
    r"|(?:ein(?:e[rsmn]?)? der(?= \w{2,20}sten\b)|un[oa] de l[ao]s(?= (?:más|mayores|principales|mejores))"
    r"|l['’]une? des(?= (?:plus|principa|meilleur|premi|dern))"
    r"|un[oa] de(?:i|gli|lle)(?= (?:più|principali|maggiori|migliori))|een van de(?= \w{2,20}ste)"
    r"|uma? d[ao]s(?= (?:mais|maiores|principais|melhores))|jed(?:en|na|no|nym|nej|ną) z(?= naj)"
    r"|од(?:ин|на|но|ним|ной|ну|ного) из(?= (?:сам|круп|наи|перв|немног|лучш|старейш|тех)))"
    r"|(?P<nearly>(?:fast|beinahe|nahezu)(?= (?:alle|jede|kein|nie))|presque(?= (?:tou|chaque|aucun))"
    r"|casi(?= (?:tod|ningun|nadie|nunca))|quasi(?= (?:tutt|nessun|mai))|quase(?= (?:tod|nenhum|ningu|nunca))"
    r"|bijna(?= (?:all|geen|niemand|ieder))|prawie(?= (?:wszys|każd|żad|nikt))"
    r"|(?:почти|практически)(?= (?:вс[еёяю]|кажд|никт|никог)))"
    r"|(?P<circa>(?:ca?|circa|around|about|approximately|um|etwa|vers|hacia|verso|около|rond|omstreeks)"
    r"(?=\.? (?:1\d|20)\d\d(?!\d|[.,]\d)))"
    # Something that is planned, refused or failed did not happen.
    r"|(?P<planned>(?:plan|intend|hope|promise|propose|vow|pledge|aim|wish|want)(?:s|d|ed|ned|ning|ing)? to(?= [a-z])"
    r"|(?:was|were) (?:set|supposed|meant|scheduled|expected) to(?= [a-z])"
    r"|beabsichtig(?:t|te|ten|en)|prévo(?:it|ient|yait) de|planea(?:n|ba)?|pretend(?:e|en|em|ía|ia)|intend(?:e|ono|eva)"
    r"|намерен[аы]?|планиру(?:ет|ют|ла|л)|собира(?:ется|ются|лся)|о намерении|planuj[eą]|zamierza)"
    r"|(?P<missed>(?:fail|refuse|decline|neglect)(?:s|d|ed|ing)? to(?= [a-z])|weigert(?:e|en)? sich"
    r"|refus(?:e|a|ait|é) de|se neg(?:ó|aron) a"
    r"|rifiut(?:ò|a|ato) di|recus(?:ou|a)-se a|отказал(?:ся|ась|ись)|не смог(?:ла|ли)?|odmówił[ao]?)"
    r"|op (?:een|één|twee|drie|vier|vijf|\d) na"
    # Before a number "only" is an emphasis: "only 19 years old".
    r"|(?P<only>(?<!not )(?<!nicht )(?<!non )(?<!no )(?<!не )(?<!niet )(?:only|nur|lediglich|seulement|solo|soltanto"
    r"|solamente|slechts|alleen|apenas|somente|tylko|jedynie|только|лишь)(?! \d))|außer|sauf|excepto|salvo)\b"
    # Not within a phonetic reading: "くにのみくまり"
    r"|(?P<solely>(?<=[\u3400-\u9fff\u30a1-\u30fa])(?:のみ|だけ)(?=[でがをはにの、。]))|ほぼ|ほとんど|最も|もっとも",
    re.IGNORECASE,
)
# A year or century before the common era, or both of a range ("44 to 30 BC"), in the notations of larger Wikipedias
_BEFORE_CHRIST = re.compile(
    r"(?:(?<![\d.,])(\d{1,6})\s?(?:[-–—/]|to|and|or|bis|und|à|et|a|y|al|e|и)\s?)?"
    r"(?<![\d.,])(\d{1,6}|\b[IVX]{1,5})(?:\.|st|nd|rd|th|er|e|º)?(?:\s[^\W\d_]+\.?){0,2}?\s?"
    r"(?:\bB\.?\s?C(?:\.?\s?E)?\b|\bv(?:\.\s?|or )(?:Chr(?:istus)?|u\.\s?Z|Kr)\b|\bf\.\s?Kr\b"
    r"|\bav(?:ant)?\.?\sJ\.?[\s-]?C\b"
    r"|\ba\.\s?(?:d\.\s?)?C\.|\bp\.\s?n\.\s?e\.|\bдо\s(?:н\.\s?э|нашей эры|Р\.\s?Х))"
    r"|(?:(?:公元|紀元|纪元|西元|西曆)前|기원전|\bB\.?C\.?)\s?(\d{1,6}|[一二三四五六七八九十百千〇]{1,9})"
)
_SINCE_CHRIST = r"(?:st|nd|rd|th)?(?:\s(?:century|A\.?D|C\.?E|n\.\s?Chr|apr?\.\sJ\.-C|d\.\s?C|н\.\sэ)\b\.?)*"
# Phrases that introduce a cause, at the end of the text before it: "died of", "because of the"
CAUSE = re.compile(
    r"\b(?:(?:die[ds]?|dying|death|suffer(?:s|ed|ing)?) (?:of|from)|(?:because|as a result|in consequence) of"
    r"|(?:due|owing) to|(?:caused|killed|triggered) by|wegen|aufgrund|infolge|starb(?:en)? an|à cause de|en raison de"
    r"|debido a|a causa de)\s(?:(?:an?|the|his|her|its|their|de[rsm]|einer|eines|la|el)\s)?\Z",
    re.IGNORECASE,
)
# The preposition of an agent after a participle, at the end of the text before the agent: "built by the"
AGENT = re.compile(
    r"(?:\b[a-z]+(?:ed|en|wn|t) by|(?:é|i|it|u)e?s? par|(?:d|t|ch)[oa]s? p(?:or|el[oa]s?)"
    r"|[ts][oaie] da(?:l|ll[aoe]|i|gli)?|\b(?:wurden?|wird|werden|worden) (?:von|durch))"
    r"\s(?:(?:an?|the|his|her|its|their|une?|l[aeo]s?|el|una?|de[rmn]|einer?[mnrs]?|uma?|os?|as?)\s)?\Z",
    re.IGNORECASE,
)
# The words between a subject and its definition
_COPULA = re.compile(
    r"\b(?:is|are|was|were|became|remains?)\s+(?:(?:also|now|currently|still|considered|to be|as)\s+){0,3}"
    r"(?:one of (?:the|its)|an?|the)\s+"
    r"|\b(?:ist|war|sind|waren|wurde|blieb|bleibt)\s+(?:(?:auch|heute|noch|jetzt)\s+){0,2}(?:eine?r?|der|die|das)\s+"
    r"|\b(?:est|sont|était|étaient|es|son|era|eran|fue|è|erano|fu|é|são|foi)\s+(?:une?|le|la|les|una?|el|los|las|"
    r"uno|il|lo|i|gli|uma?|o|a|os|as)\s+|\b(?:is|zijn|was|waren)\s+(?:een|de|het)\s+|は、?(?=.{0,99}(?:である|[\u4e00-\u9fff]。?$))|(?<=[^是])是",
    re.IGNORECASE,
)
_PARENTHESIS = re.compile(r"\([^()]*\)")
_PHRASE_END = re.compile(
    r"[,.;:()\"“”]|\s(?:that|which|who|whose|where|when|and|or|but|is|was|are|were|qui|que|und|oder|das|die|der)\b",
    re.IGNORECASE,
)


def definition_in(sentence: Sentence) -> tuple[int, int]:
    """Return the span of the subject's definition after the first "is a"; (-1, -1) if there is none.

    In the lead it is the rest of the sentence, elsewhere the noun phrase.
    """
    text = sentence.text
    bare = _PARENTHESIS.sub(lambda match: " " * len(match[0]), text)
    result = _COPULA.search(bare, 0, 160)  # it is near the start of a sentence
    if result is None:
        return -1, -1
    if sentence.where is TextKind.PROSE and not sentence.location.section:
        return result.end(), len(text)
    last = min(len(bare), result.end() + 90)
    end = _PHRASE_END.search(bare, result.end(), last)
    return result.end(), end.start() if end else last


def limits_in(text: str, start: int, end: int) -> set[str]:
    """Return the words of a span that limit a statement; words of one group, such as those for "only", give its name.

    The words after the span count, too: the number after "only", the superlative after "one of".

    >>> limits_in("Varr is one of the largest ports.", 8, 14), limits_in("It took only 3 days.", 8, 12)
    ({'among'}, set())
    """
    return {
        match.lastgroup or match[0].casefold()
        for match in _LIMITS.finditer(text, start, end + 40)
        if match.end() <= end
    }


_DASHES = str.maketrans("–—−", "---")


def offset_signs(text: str) -> list[str]:
    """Return the plus and minus signs before a number, at the start or behind letters: "UTC+3" has ["+"]."""
    return _OFFSET.findall(text[:_MAX_SEARCHED].translate(_DASHES))


def assertion_changes(
    texts: tuple[str, str], marks: tuple[Sequence[CueMatch], Sequence[CueMatch]]
) -> Iterator[FieldChange]:
    """Yield a field if a statement became a question or the reverse, for years of another era, and for scare quotes.

    `marks` are the cues of either sentence: if it attributes words to somebody, quotation marks express no doubt.

    >>> [field.new for field in assertion_changes(("The bridge is safe.", "Is the bridge safe?"), ((), ()))]
    ['Is the bridge safe?']
    """
    asks = [bool(_ASKS.search(text.rstrip())) and any(map(str.isalnum, text)) for text in texts]
    if asks[0] != asks[1]:
        yield FieldChange(name=QUALIFICATION, old=_end(texts[0]), new=_end(texts[1]))
    yield from _other_eras(*texts)
    signs = [_OPERATOR.findall(text[:_MAX_SEARCHED].translate(_DASHES)) for text in texts]
    for own, other in (signs, [*map(offset_signs, texts)]):
        if len(own) == len(other) and own != other:
            yield FieldChange(name="antonym", old=" ".join(own), new=" ".join(other))
    marked = [[*_MARKED.findall(text[:_MAX_SEARCHED])] for text in texts]
    if marked[0] != marked[1]:
        yield FieldChange(name=QUALIFICATION, old=" ".join(marked[0]) or None, new=" ".join(marked[1]) or None)
    if any(mark.cue is Cue.ATTRIBUTION for side in marks for mark in side):
        return
    # Removed quotation marks are copy-editing; added ones cast doubt on a word.
    known = _quoted(texts[0])
    for words, written in [*_quoted(texts[1]).items()][:50]:
        if words not in known and re.search(rf"\b{re.escape(words)}\b", texts[0][:_MAX_SEARCHED]):
            yield FieldChange(name=QUALIFICATION, old=words, new=written)


def _other_eras(old: str, new: str) -> Iterator[FieldChange]:
    """Yield the years that are before the common era in only one of the sentences: "44 BC" → "AD 44"."""
    eras = [
        {year: match[0] for match in _BEFORE_CHRIST.finditer(text[:_MAX_SEARCHED]) for year in match.groups() if year}
        for text in (old, new)
    ]
    for year in [*eras[0], *eras[1]]:
        if (year in eras[0]) is not (year in eras[1]):
            shown = [re.search(rf"(?<![\d.,]){year}(?!\d|[.,]\d)(?:{_SINCE_CHRIST})?", text) for text in (old, new)]
            if shown[0] and shown[1]:
                yield FieldChange(
                    name="antonym", old=eras[0].get(year, shown[0][0]), new=eras[1].get(year, shown[1][0])
                )


def _quoted(text: str) -> dict[str, str]:
    """Map the lower-case words in quotation marks to the same words with the marks."""
    pairs = ((next(filter(None, match.groups())), match[0]) for match in _QUOTED.finditer(text[:_MAX_SEARCHED]))
    return {words: written for words, written in pairs if words.islower()}


def _end(text: str) -> str:
    """Return the last five words of a sentence, with the question mark or full stop."""
    return " ".join(text.split()[-5:])


def amount_change(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a field if a word such as "some" is all that was added to or removed from a place, else None."""
    rows = [
        [token for token in row if token.text.casefold() in _AMOUNTS and not _THE.search(text, 0, token.start)]
        for text, row in zip(pair.texts, (slot.old, slot.new), strict=True)
    ]
    is_alone = all(set(row) <= set(own) for row, own in zip(slot.content, rows, strict=True))
    return pair.field("amount", *rows) if is_alone and any(rows) and not all(rows) else None


def universal_change(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a field if a number replaced a word such as "all" or "none", or the reverse; else None."""
    for side, row, other in ((0, slot.old, slot.new), (1, slot.new, slot.old)):
        numbers = [token for token in row if token.kind in _COUNTED or token.text.casefold() == "one of"]
        moved = {token.text.casefold() for token in pair.tokens[side]}  # "Each pays 5" → "The two pay 5 each"
        universal = [token for token in other if token.text.casefold() in _UNIVERSAL - moved]
        if numbers and universal:
            both = (numbers[:1], universal[:1])
            return pair.field("antonym", *(both[::-1] if side else both))
    return None


def reverses_object(pair: SentencePair, slot: TokenChange) -> bool:
    """Return whether the only word that went or came is the opposite of another one, behind an "and" that is kept.

    "Supports the tax and opposes the ban" → "supports the tax and the ban": the ban is supported, too. If the "and"
    goes or comes with the word, as in "men and women", it is one less or one more.
    """
    side = 0 if slot.content[0] else 1
    row, text = (slot.old, slot.new)[side], pair.texts[side]
    word, *more = slot.content[side]
    return (
        not more
        and not any(AND.fullmatch(token.text) for token in row)
        and AND.search(text, max(0, word.start - 6), word.start) is not None
        and any(token.kind.is_content and are_opposed(word, token) for token in pair.tokens[1 - side])
    )


def governs(pair: SentencePair, added: Token) -> bool:
    """Return whether an added verb governs the old one, which need not have happened: "built" → "planned to build"."""
    infinitive = _INFINITIVE.match(pair.texts[1], added.end)
    return (
        infinitive is not None
        and added.kind is TokenKind.WORD
        and added.text.casefold() not in _HAPPENED
        and infinitive[1] not in {token.text for token in pair.tokens[0]}
    )
