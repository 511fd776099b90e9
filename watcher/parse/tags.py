"""Names of maintenance templates in several languages → one name for each complaint."""

from __future__ import annotations

_INLINE: dict[str, str] = {
    "citation needed": "citation needed|cn|fact|needs citation|cite needed|need citation|citation required|"
    "citation needed (lead)|source?|needs source|citation needed span|cn-span|cnspan|fact span|"
    "нет аи|нет источника|нет источников|источник?|उद्धरण आवश्यक|उद्धरण वांछित|संदर्भ आवश्यक|तथ्य|ต้องการอ้างอิง|來源請求|来源请求|"
    "需要来源|需要來源|cn span|нет в источнике?|uncited|unreferenced inline|non-primary source needed inline|additional citation needed|acn",
    "dubious": "dubious|dubious span|dubious-inline|doubtful|сомнительно|संदिग्ध|可疑|น่าสงสัย",
    "update needed": "update needed|update inline|update after|outdated inline|out of date inline|obsolete inline|"
    "update-inline|обновить|устарело|需要更新|как обновить",
    "clarify": "clarify|clarification needed|clarifyme|explain|clarify-inline|what|huh|unclear|vague|vague-inline|"
    "elucidate|clarify span|explanation needed|incomprehensible inline|уточнить|स्पष्ट करें|需要解释|clarify me|needs clarification",
    "who": "who|who?|who else|кто|кто?|谁|誰|कौन",
    "when": "when|when?|date?|when needed|когда|когда?|कब|何时|何時|เมื่อไร|เมื่อไหร่",
    "where": "where|where?|где|где?",
    "which": "which|which?|which place|какой|какой?",
    "why": "why|why?|почему?",
    "by whom": "by whom|by who|by whom?|according to whom|according to who|whom?|кем|кем?",
    "quantify": "quantify|how many|how much|сколько",
    "failed verification": "failed verification|not in source|nic|not in ref|not in citation|fv|failed|нет в источнике|"
    "not in reference|not supported by source|查證失敗",
    "verify source": "verify source|verification needed|check source|vs|vn|verify-inline|source verification needed|verify quote",
    "dead link": "dead link|dead|deadlink|broken link|404|dl|dead-link|link rot inline|недоступная ссылка|битая ссылка|"
    "ลิงก์เสีย|मृत कड़ियाँ|失效链接|失效連結|permanent dead link",
    "better source needed": "better source needed|better source|bettersource|non-primary source needed|primary source inline|"
    "primary-inline|psi|third-party source needed|third-party inline|secondary source needed|лучше источник|неавторитетный источник",
    "unreliable source": "unreliable source?|unreliable source|unreliable source inline|reliable source?|reliable?|rs?|rs|"
    "verify credibility|unreliable medical source|medrs|self-published source|self-published inline|sps|аи?|неавторитетный источник?|"
    "unreliable fringe source|deprecated inline|generally unreliable source",
    "original research": "original research inline|or inline|synthesis inline|or-inline|or?|synthesis-inline|improper synthesis|"
    "improper synthesis?|syn inline|original research?|оригинальное исследование?|орисс",
    "disputed": "disputed inline|disputed-inline|contradict-inline|contradictory inline|contradict inline|inconsistent|"
    "inconsistent inline|discuss|under discussion inline|disputed span",
    "pov": "pov statement|pov-statement|neutrality disputed|npov-inline|pov inline|pov-inline|lopsided|не нейтрально|нейтрально?",
    "undue weight": "undue weight inline|undue inline|undue-inline|importance inline|relevance inline|non sequitur|off-topic inline",
    "weasel words": "weasel inline|weasel-inline|weasel words inline|opinion|editorializing|peacock inline|peacock term|buzzword inline",
    "page needed": "page needed|page number|page number needed|pn|page?|specify page|season needed|volume needed|year needed|"
    "full citation needed|full|citation not found|isbn missing|title missing|author missing|date missing|страница не указана",
    "specify": "specify|specify?|example needed|examples|example?|like whom|like whom?|attribution needed|attribute|attribution?",
    "time period": "as of?|timeframe|time fact|when date|year missing|chronology citation needed",
    "copy edit": "copy edit inline|copy edit-inline|copyedit inline|grammar inline|fix spelling|awkward|tone inline|tone-inline|jargon-inline|jargon inline",
    "excessive citations": "excessive citations inline|citation overkill inline|too many refs",
    "check": "check|sic?|disambiguation needed|dn|linkspam inline|spam link?|promotion inline|promotional source|circular reference|circular",
}

_BOXES: dict[str, str] = {
    "refimprove": "refimprove|more citations needed|citations needed|refimprove section|more sources|more references|additional citations|"
    "more citations needed section|verify|add references|мало источников|ссылки|स्रोत कम|more footnotes|more footnotes needed|nofootnotes|"
    "no footnotes|inline|sources needed|ต้องการอ้างอิงเพิ่ม|refimprovesect|more medical citations needed|blp sources|blpsources|onesource|"
    "one source|нет сносок|स्रोत बढ़ाएँ|improve references",
    "unreferenced": "unreferenced|unsourced|unreferenced section|no citations|no references|uncategorized sources|unref|нет источников статьи|"
    "blp unsourced|blp unreferenced|blpunsourced|स्रोतहीन|ไม่มีอ้างอิง|unreferencedsect|без источников|без ссылок|refless|no sources",
    "pov": "pov|npov|neutrality|pov-check|pov check|pov section|unbalanced|unbalanced section|nпov|нейтральность|ненейтрально|systemic bias|"
    "pov-title|coi|advert|advertisement|autobiography|fanpov|fan pov|undue|undue weight|one-sided|पक्षपात|ไม่เป็นกลาง",
    "disputed": "disputed|accuracy|accuracy dispute|disputed section|contradict|contradicts others|self-contradictory|contradict-other|hoax|"
    "factual accuracy|disputed title|достоверность|проверить факты|inaccurate|misleading",
    "original research": "original research|or|synthesis|original research section|synth|орисс статьи|मूल शोध|งานค้นคว้าต้นฉบับ",
    "outdated": "update|outdated|out of date|update section|obsolete|not up to date|устаревшее|актуализировать|ล้าสมัย|पुराना|过时|過時",
    "primary sources": "primary sources|primarysources|primary|third-party|self-published|unreliable sources|независимые источники|affiliated sources",
    "globalize": "globalize|worldwide|globalise|world view|limited geographic scope|глобализировать|globalize section|usa-centric",
    "cleanup": "cleanup|clean up|tidy|cleanup section|cleanup rewrite|rewrite|copy edit|copyedit|copyedit section|tone|inappropriate tone|confusing|"
    "confusing section|technical|essay|essay-like|story|very long|too long|sections|lead too short|lead too long|lead rewrite|overly detailed|"
    "peacock|weasel|in-universe|in universe|переписать|стиль|викифицировать|чистить|सफ़ाई|เก็บกวาด|expert needed|expert|context|multiple issues|"
    "issues|article issues|cleanup reorganize|expand section|expand|empty section|incomplete|missing information|incomplete list|дописать|विस्तार|"
    "expand lead|prose|linkrot|bare urls|citation style|link rot|cleanup bare urls|fancruft|trivia|in popular culture|very long section|quote farm|"
    "overquotation|off topic|off-topic|external links|cleanup-pr|news release|重写|wikify|unfocused|recentism|duplication|repetition|split|merge|"
    "merge to|merge from|merge with|move portions|current|current related|recent death|ongoing",
    "deletion": "afd|article for deletion|prod|proposed deletion|prod blp|speedy|db|delete|к удалению|copyvio|copypaste|copyright violation|"
    "proposed deletion/dated|article for deletion/dated|notability|unsourced blp|bio-notability|कम उल्लेखनीय",
}


def _names(table: dict[str, str]) -> dict[str, str]:
    return {alias: name for name, aliases in table.items() for alias in aliases.split("|")}


INLINE_TAGS = _names(_INLINE)
BOX_TAGS = _names(_BOXES)


def maintenance_tag(template: str) -> str | None:
    """The complaint that a template (lower case, spaces) makes, e.g. "citation needed" for "cn"; None for others."""
    return INLINE_TAGS.get(template) or BOX_TAGS.get(template)
