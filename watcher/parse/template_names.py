"""Names of templates → what sort they are: a character, a wrapper, a hatnote, a quote, a list, or nothing to see."""

from __future__ import annotations


def _each(names: str) -> frozenset[str]:
    return frozenset(names.split("|"))


# A template that is one piece of text.
CHARACTERS: dict[str, str] = {
    **dict.fromkeys(
        ("snd", "spnd", "spaced ndash", "spaced en dash", "sndash", "spndash", "snds", "–spaced", "dash", "ensp-dash"),
        " – ",
    ),
    **dict.fromkeys(("ndash", "en dash", "endash", "nsndns"), "–"),
    **dict.fromkeys(("spaced mdash", "spaced em dash"), " — "),
    **dict.fromkeys(("mdash", "em dash", "emdash"), "—"),
    **dict.fromkeys(
        (
            "nbsp",
            "spaces",
            "space",
            "nbs",
            "sp",
            "thinsp",
            "thin space",
            "hair space",
            "hsp",
            "ensp",
            "emsp",
            "indent",
            "pad",
            "quad",
        ),
        " ",
    ),
    **dict.fromkeys(("!", "pipe", "mid", "abs"), "|"),
    **dict.fromkeys(("!!",), "||"),
    "=": "=",
    "(": "(",
    ")": ")",
    "'": "'",
    "'s": "'s",
    "' \"": "'\"",
    "\" '": "\"'",
    **dict.fromkeys(("•", "bull", "bullet", "·", "dot", "middot", "dotsep", "*"), " · "),
    **dict.fromkeys(("minus", "−"), "−"),
    **dict.fromkeys(("times", "x"), "×"),
    **dict.fromkeys(("plus minus", "±"), "±"),
    **dict.fromkeys(("hyphen", "nbhyph", "nbhyphen"), "-"),
    **dict.fromkeys(("...", "ellipsis", "…"), "…"),
    **dict.fromkeys(("degree", "deg"), "°"),
    **dict.fromkeys(("yes", "y", "да"), "Yes"),
    **dict.fromkeys(("no", "n", "нет"), "No"),
    **dict.fromkeys(("n/a", "na"), "N/A"),
    **dict.fromkeys(("won",), "Won"),
    **dict.fromkeys(("nom", "nominated"), "Nominated"),
    **dict.fromkeys(("pending", "unknown", "partial", "tba", "tbd", "none", "dunno"), ""),
    "half": "1/2",
    "н. э.": "н. э.",
    "до н. э.": "до н. э.",
    "в.": "в.",
    "†": "†",
    "dagger": "†",
    "double dagger": "‡",
}
del (
    CHARACTERS["pending"],
    CHARACTERS["unknown"],
    CHARACTERS["partial"],
    CHARACTERS["tba"],
    CHARACTERS["tbd"],
    CHARACTERS["none"],
)

# A wrapper shows one of its parameters as running text: the first of these that it has.
WRAPPERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        _each(
            "nowrap|nobr|nobreak|nowr|small|smaller|big|large|larger|lang-x|abbr|abbrv|tooltip|hover|nobold|noitalic|normal|nocaps|"
            "sup|sub|sic|as written|typo|not a typo|notatypo|bold|italic|strong|em|i|b|u|underline|strike|s|del|ins|code|mono|kbd|var|mvar|math|"
            "samp|tt|pre|vanchor|visible anchor|va|nobots|smallcaps|sc|smallcaps2|allcaps|caps|avoid wrap|no wrap|nq|mbox|center|centre|align|"
            "ill|interlanguage link|illm|link-interwiki|le|link-en|link-ja|link-de|link-fr|link-ru|link-ko|link-pl|link-yue|link-es|link-it|link-vi|"
            "tsl|url|flag|flagu|flagcountry|flag country|flaglist|country|sortname|resize|font|script|zh|bo|kanji|hebrew|arabic|rtl|rtl-lang|ltr|"
            "transl|angle bracket|angbr|serif|unicode|midsize|nastaliq|highlight|strikethrough|user|usertalk|bdi|left|right|c/o|plain link|"
            "block indent|in5|indented plainlist|poem quote|shy|white|red|green|blue|gray|grey|yes2|no2|okay|good|bad|free|coloured|won2|ya|na2|"
            "яндекс|s-small|nobreak2|не переводить 2|comment|подсказка|tooltip2|мелко|nl|книга:|нп|нп1|нп2|нп3|нп4|не переведено|iwd|iw|"
            "official|official website2|rf|my|station|站|stnlnk|rws|stn|"
            "lang-en|lang-de|lang-fr|lang-it|lang-es|lang-la|lang-ru|lang-uk|lang-be|lang-el|lang-grc|lang-ar|lang-he|lang-hi|lang-ja|lang-ko|lang-zh|"
            "lang-pt|lang-nl|lang-pl|lang-tr|lang-fa|lang-sv|lang-lmo|lang-th|lang-ka|lang-hy|lang-sa|lang-bn|lang-ta|lang-ur|lang-cs|lang-sr|lang-fi"
        ),
        ("1",),
    ),
    **dict.fromkeys(_each("lang|langx|transliteration|transl2|rtl-para|script2|langue"), ("3", "2", "1")),
    **dict.fromkeys(
        _each(
            "color|colour|font color|fontcolor|font colour|text color|bg|background color|bgcolor|legend2|background|color box text"
        ),
        ("2", "text", "1"),
    ),
    **dict.fromkeys(_each("sort|hs|sorted"), ("2", "1")),
    **dict.fromkeys(_each("legend|legend inline|swatch-inline"), ("2", "1")),
    **dict.fromkeys(_each("нп5|не переведено 5|не переведено 3|нп6"), ("2", "1")),
    **dict.fromkeys(
        _each(
            "citation needed span|cn-span|cnspan|fact span|cn span|dubious span|clarify span|disputed span|better source needed span"
        ),
        ("text", "1"),
    ),
    **dict.fromkeys(
        _each(
            "div col|columns-list|refbegin2|collapse|collapse top|hidden|col|cols|column|block|box|stack|centered|left-float|nbay|div"
        ),
        ("content", "text", "2", "1"),
    ),
}

# A hatnote says where to read on; its titles are words of the page, not of its prose.
HATNOTES = _each(
    "main|main article|see also|further|further information|about|redirect|redirect2|other uses|other|distinguish|for|for multi|hatnote|details|broader|"
    "seealso|main list|confuse|not to be confused with|redirect-distinguish|other uses2|otheruses|other people|other places|disambiguation|"
    "articles|more|see|see main|mainarticle|selfref|self-reference|redirect-several|about-distinguish|category see also|portal|portal-inline|"
    "основная статья|main2|см. также|другие значения|значения|о|однофамильцы|मुख्य|मुख्य लेख|यह भी देखें|बारे में|หลัก|บทความหลัก|ดูเพิ่ม|ความหมายอื่น|"
    "主条目|主條目|参见|參見|另见|另見|消歧义|other uses of|главная|ещё|main cat|further2|rellink"
)

# Quotations that stand on their own; the first of TEXT is what was said, the rest says by whom.
QUOTES = _each(
    "quote|blockquote|block quote|bquote|cquote|quotation|quote box|quotebox|rquote|pull quote|pullquote|bq|centered pull quote|rquotebox|poemquote|"
    "poem quote|verse translation|quote frame|qb|imgquote|long quote|цитата|врезка|начало цитаты|quotation2|blockquote2|उद्धरण|คำพูด|引用|quote without source"
)

# Lists in a template: each numbered parameter is an item.
LISTS = _each(
    "plainlist|plain list|flatlist|flat list|hlist|ubl|unbulleted list|ublist|bulleted list|blist|unbullet|bullet list|ordered list|olist|nblist|"
    "collapsible list|tree list|startflatlist|pagelist|horizontal list|comma separated entries|cslist|br separated entries|unbulleted|hlist-comma|"
    "ubil|indented list|list|numbered list"
)

# Lists of references.
REFERENCE_LISTS = _each(
    "reflist|references|notelist|notelist-ua|notelist-lr|notelist-talk|reflist-talk|примечания|сноски|टिप्पणीसूची|रेफलिस्ट|संदर्भसूची|สन्दर्भ|รายการอ้างอิง|"
    "reference list|listaref|notes|注釋|注释|參考資料|reflist2|ref list|notefoot"
)

# Nothing that a reader of the article sees.
SILENT = _each(
    "use dmy dates|use mdy dates|use british english|use american english|use indian english|use australian english|use canadian english|"
    "use oxford spelling|use list-defined references|engvarb|dmy|mdy|pp|pp-move-indef|pp-semi-indef|pp-protected|pp-vandalism|pp-semi|pp-pc|pp-move|"
    "pp-semi-protected|pp-semi-vandalism|pp-blp|pp-extended|pp-30-500|featured article|good article|fa|ga|clear|-|clr|clear left|clear right|col-begin|col-end|"
    "col-break|col-2|col-3|col-4|end|div col end|end div col|refbegin|refend|anchor|anchors|toc|toc limit|toc right|toc left|compact toc|cbignore|"
    "dts/out|ntsh|hidden sort|sort key|number table sorting hidden|sronly|nobots|bots|italic title|italictitle|displaytitle|noteta|"
    "nowrap begin|nowrap end|nowrap2|wrap|zwsp|wbr|zwj|zwnj|shy|0|00|000|00000|anchor2|lead too short2|short pages monitor|subject bar end|"
    "flagicon image|noexternallanglinks|reflist end|transclude|labeled section|attached kml|s-end|end box|end box2|col|hideh|hidef|multicol|multicol-end|"
    "multicol-break|gutter|force new page|spoken|interwiki|rail end|stub|coord missing|cite check|purge|toclimit|small caps end|ill-end|flatlist end|endflatlist|"
    "plainlist end|endplainlist|quote end|end quote|конец цитаты|rp end|ordered list end|collapse bottom|hidden end|hidden begin end|top|bottom|"
    "use shortened footnotes|cs1 config|short citation style|use new zealand english|use hong kong english|use south african english|use irish english"
)
