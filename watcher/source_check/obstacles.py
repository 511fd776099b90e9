"""Recognize pages that are not what was cited: errors that call themselves a success, walls before the content.

What such a page lacks is no sign that the source lacks it. They are short, which tells them from pages that speak of
cookies, subscriptions or missing pages.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from watcher.model.source_checks import Problem
from watcher.source_check.html_text import HtmlText

# Characters of content up to which a page is taken for one of them.
_LITTLE: Final = 200
_SHORT: Final = 1_500
_TEASER: Final = 5_000


def _any(words: str) -> re.Pattern[str]:
    """Match any of the phrases that lines of `words` list."""
    return re.compile("|".join(rf"\b{line.strip()}" for line in words.strip().splitlines()), re.IGNORECASE)


_MISSING: Final = _any(r"""
    (?:error |erreur |fehler )?404\b
    (?:page|file|article|document|content)s? (?:was |is |could )?(?:not|no longer) (?:be )?(?:found|available|exists?)
    (?:can(?:no|')t|could ?n[o']t) find (?:the|that|this) (?:page|article|document)
    (?:page|article|document|fichier) (?:introuvable|non trouvée?|inexistante?|supprimée?)
    (?:seite|artikel|datei|dokument) (?:wurde |ist )?(?:leider )?nicht (?:mehr )?(?:gefunden|verfügbar|vorhanden)
    (?:seite|artikel|datei|dokument) existiert nicht
    (?:página|artículo|documento) (?:no (?:encontrad[ao]|disponible|existe)|no se (?:ha )?(?:encuentra|encontrad[ao]))
    no longer (?:exists?|available)
    not found\b
""")
_LOGIN: Final = _any(r"""
    (?:sign|log) ?in to (?:continue|read|view|access)
    (?:please )(?:sign|log) in\b
    (?:bitte )?(?:melden sie sich an|einloggen|anmelden, um)
    (?:connectez-vous|identifiez-vous) (?:pour|à)
    (?:inicie|inicia) sesión
""")
_PAYWALL: Final = _any(r"""
    subscribe (?:now )?to (?:continue|read|unlock|keep)
    (?:already|for) (?:a )?subscribers?\b
    (?:subscribers?|members?) only
    (?:to continue reading|this article is reserved)
    (?:jetzt )?(?:weiterlesen mit|nur für abonnent|abonnieren,? um|im abo lesen)
    (?:réservée? aux abonnés|abonnez-vous pour|déjà abonné)
    (?:solo para suscriptores|suscríbe(?:te|ase) para|exclusivo para suscriptores|ya (?:eres|es) suscriptor)
""")
_COOKIES: Final = re.compile(r"\bcookies?\b", re.IGNORECASE)
_CONSENT: Final = re.compile(
    r"\b(?:accept|agree|consent|zustimm|stimmen sie|akzeptier|einwillig|accepte|consent|acepta)", re.IGNORECASE
)


def obstacle(page: HtmlText, asked: str, reached: str) -> Problem | None:
    """Return why a page is not the one that was cited; None where it may be. `asked` was redirected to `reached`."""
    content, text = page.content, page.text
    length = len(content)
    # A deep address that was redirected to the front page, as sites do with what they no longer have.
    before, after = urlsplit(asked), urlsplit(reached)
    is_deep = len(before.path.strip("/")) > len("index.html") or bool(before.query)
    is_front_page = is_deep and not after.path.strip("/") and not after.query
    if is_front_page or (length < _SHORT and _MISSING.search(f"{page.title} | {page.heading}"[:500])):
        return Problem.GONE
    if length < _SHORT and (page.password or _LOGIN.search(text)):
        return Problem.LOGIN
    if length < _TEASER and (not page.free or _PAYWALL.search(text)):
        return Problem.PAYWALL
    shown = content if length > _LITTLE else text
    if length < _SHORT and _COOKIES.search(shown) and _CONSENT.search(shown):
        return Problem.COOKIES
    if length < _LITTLE and page.scripts:
        return Problem.SCRIPT
    return None if text else Problem.EMPTY
