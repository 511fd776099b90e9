"""The target of a wikilink → what kind of link it is and what a reader sees of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watcher.model import Dialect

# Languages of the larger Wikipedias: `[[fr:Titre]]` in a text is a link in the margin, not a word of it.
_LANGUAGES = frozenset(
    "aa ab af als am an ang ar arc arz as ast av ay az azb ba bar bat-smg bcl be be-tarask be-x-old bg bh bi bjn bm bn bo bpy br bs bug bxr "
    "ca cbk-zam cdo ce ceb ch chr chy ckb co cr crh cs csb cu cv cy da de diq dsb dv dz ee el eml en eo es et eu ext fa ff fi fiu-vro fj fo "
    "fr frp frr fur fy ga gag gan gd gl glk gn gom got gu gv ha hak haw he hi hif hr hsb ht hu hy ia id ie ig ik ilo io is it iu ja jam jbo "
    "jv ka kaa kab kbd kg ki kk kl km kn ko koi krc ks ksh ku kv kw ky la lad lb lbe lez lg li lij lmo ln lo lrc lt ltg lv mai map-bms mdf mg "
    "mhr mi min mk ml mn mr mrj ms mt mwl my myv mzn na nah nap nds nds-nl ne new nl nn no nov nrm nso nv ny oc om or os pa pag pam pap pcd "
    "pdc pfl pi pih pl pms pnb pnt ps pt qu rm rmy rn ro roa-rup roa-tara ru rue rw sa sah sc scn sco sd se sg sh si simple sk sl sm sn so sq "
    "sr srn ss st stq su sv sw szl ta te tet tg th ti tk tl tn to tpi tr ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war wo "
    "wuu xal xh xmf yi yo za zea zh zh-classical zh-min-nan zh-yue zu".split()  # noqa: SIM905
)
_IN_BRACKETS = re.compile(r"\s*[(（][^()（）]*[)）]$|,\s.*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link goes, and the words shown when it has no label."""

    class Kind(StrEnum):
        """Links in the text, pictures, and the links that stand outside it."""

        ARTICLE = "article"
        FILE = "file"
        CATEGORY = "category"
        LANGUAGE = "interlanguage"

    kind: Kind
    shown: str


def target_of(title: str, dialect: Dialect, *, labelled: bool) -> Target:
    """Sort a link by its namespace; a leading colon makes any link an ordinary one.

    `labelled` tells that the link has a pipe: with nothing behind it, the title is shown without namespace and brackets.
    """
    if "<!--" in title:
        title = _COMMENT.sub("", title)
    title = title.strip()
    if title.startswith(":"):
        title = title[1:].lstrip()
        return Target(Target.Kind.ARTICLE, _piped(title) if labelled else title)
    prefix, colon, rest = title.partition(":")
    if colon:
        prefix = prefix.strip().replace("_", " ").lower()
        if prefix in dialect.file_namespaces or prefix in ("file", "image"):
            return Target(Target.Kind.FILE, rest.strip())
        if prefix in dialect.category_namespaces or prefix == "category":
            return Target(Target.Kind.CATEGORY, rest.strip().replace("_", " "))
        if prefix in _LANGUAGES:
            return Target(Target.Kind.LANGUAGE, title)
    return Target(Target.Kind.ARTICLE, _piped(title) if labelled else title.replace("_", " "))


def _piped(title: str) -> str:
    """The pipe trick: `[[Help:Contents (old)|]]` shows "Contents"."""
    return _IN_BRACKETS.sub("", title.partition(":")[2].strip() or title)
