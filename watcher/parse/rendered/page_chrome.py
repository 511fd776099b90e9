"""Recognise elements of a rendered page that state nothing about its subject, or that no reader sees."""

from __future__ import annotations

from lxml import etree

from watcher.parse.visibility import STRUCK, hides

# Elements whose content is no text of the page.
_SILENT_TAGS = STRUCK | frozenset(
    "applet audio base button canvas embed frame frameset head iframe input link map meta noembed noframes noscript "
    "object option param script select style svg template textarea title video wbr".split()
)
# Classes of MediaWiki, its extensions, and the templates that wikis share: navigation, notices, sort keys, coordinates.
_SILENT_CLASSES = frozenset(
    "Z3988 ambox asbox authority-control bandeau-container box-ambox catlinks citation-comment cmbox cs1-hidden-error "
    "cs1-maint dablink dmbox fmbox geo-multi-punct geo-nondefault hatnote homonymie imbox interlanguage-link-interwiki "
    "magnify mbox-small metadata mw-cite-backlink mw-editsection mw-empty-elt mw-ext-cite-error mw-hidden mw-jump-link "
    "navbar navbox navbox-styles navboxes navigation-not-searchable noprint ombox portal-bar "
    "portalbox printfooter rellink shortdescription side-box sidebar sistersitebox sortkey stub tmbox toc "
    "vertical-navbox".split()
)
_SILENT_ROLES = frozenset({"navigation", "note", "search"})
_SILENT_IDS = frozenset({"toc", "catlinks", "normdaten", "siteSub", "coordinates"})


def is_chrome(node: etree._Element) -> bool:
    """Return whether an element is navigation, a notice, bookkeeping, or hidden."""
    attributes = node.attrib
    if node.tag in _SILENT_TAGS or not attributes:
        return node.tag in _SILENT_TAGS
    if node.tag == "ol" and "references" in attributes.get("class", ""):
        return True  # footnotes are read where they are used
    return (
        not _SILENT_CLASSES.isdisjoint(attributes.get("class", "").split())
        or attributes.get("role") in _SILENT_ROLES
        or attributes.get("id") in _SILENT_IDS
        or "hidden" in attributes
        or ("style" in attributes and hides(attributes["style"]))
    )
