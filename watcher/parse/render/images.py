"""Extract figures from wikitext nodes that show images."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from mwparserfromhell.nodes import ExternalLink, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Dialect
from watcher.parse.citations.plain_text import citation_of, template_name
from watcher.parse.template_names import read_table
from watcher.parse.wikitext.sanitizer import parse_tree, sanitize

_ENDING = (
    r"[^\[\]{}|<>\n#]\.(?:jpe?g|jpe|png|gif|svg|webp|tiff?|bmp|xcf|djvu|pdf|og[agvx]|opus|webm"
    r"|mp[34g]|mpeg|wav|flac|midi?|stl)"
)
# Only the end is searched: matching what may precede it, from each character of a long value, would be quadratic.
_FILE_END = re.compile(_ENDING, re.IGNORECASE)
_LAST_FILE_END = re.compile(rf"{_ENDING}\Z", re.IGNORECASE)
# MediaWikiTitleCodec removes directional marks from titles, which are often copied with them.
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]|<!--.*?(?:-->|\Z)", re.DOTALL)
# Characters that no title may have (Manual:$wgLegalTitleChars).
_NO_FILE_NAME = re.compile(r"[\[\]{}|<>\n#]")
_SPACE = re.compile(r"[\s_]+")
_POSITIONAL = frozenset(
    {"gallery", "wide image", "tall image", "panorama", "panorama simple", "double image", "photo montage"}
)
_TABLE: dict[str, str] = read_table("images.toml")
_OPTIONS = frozenset(_TABLE["options"].split())
_FRAMED, _FRAMED_LANGUAGES = (frozenset(_TABLE[name].split()) for name in ("framed", "framed_languages"))
_IMAGE_PARAMETERS = frozenset(_TABLE["image_parameters"].split())
_CAPTION_PARAMETERS = tuple(_TABLE["caption_parameters"].split())  # the first that is given counts
# The marker of a location on a map, or an icon before a name: it does not show the subject.
_MARKER = re.compile(r"(?:mark(?:er)?|icon)\d*")
_OF_IMAGE = re.compile("|".join(("alt", *_CAPTION_PARAMETERS)))


def _any_of(table: str) -> str:
    return "|".join(_TABLE[table].split())


# Parser::parseWidthParam permits a second `px` after the size, which old pages have (T15500).
_SIZE = re.compile(rf"\d{{0,9}}(?:\s{{0,9}}x\s{{0,9}}\d{{1,9}})?\s{{0,9}}(?:{_any_of('pixels')}){{1,2}}", re.IGNORECASE)
_VALUED = re.compile(
    rf"(?:{_any_of('valued_options')})\s*=.*|(?:{_any_of('numbered_options')})\s+[\d.,]+", re.IGNORECASE | re.DOTALL
)
_ALT = re.compile(rf"(?:{_any_of('alternative_text')})\s*=(?P<value>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNode:
    """A figure whose caption is still wikicode, so that its sentences and references can be read."""

    file: str
    caption: Wikicode | None = None
    alt: Wikicode | None = None
    options: tuple[str, ...] = ()
    is_marker: bool = False


def images_in(node: Wikilink | Tag | Template, dialect: Dialect) -> Iterator[ImageNode]:
    """Yield the figures that a file link, gallery or template shows, in order.

    File names have no namespace, spaces for underscores, and a capital first letter; captions are wikicode, which may
    contain references.
    """
    match node:
        case Wikilink():
            if file := file_of(str(node.title), dialect):
                image = _image_node(file, node.text)
                if image.caption is not None and not _shows_caption(image, dialect):
                    alt = [*image.alt.nodes, Text(" ")] if image.alt is not None else []
                    image = replace(image, caption=None, alt=Wikicode([*alt, *image.caption.nodes]))
                yield image
        case Tag():
            name = str(node.tag).strip().lower()
            listed = str(node.contents or "").splitlines() if name in ("gallery", "imagemap") else ()
            for line in listed:
                title, _, rest = line.strip().partition("|")
                # Parser::renderImageGallery: a title without namespace is a file's.
                file = file_of(title, dialect) or (normal_file(title) if _is_file_name(title.strip()) else None)
                if file:
                    # A gallery is not parsed with its page, so its lines have not been sanitized yet.
                    yield _image_node(file, parse_tree(sanitize(rest)[0]))
                    # Extension:ImageMap: the first line is the image, the others describe its areas.
                    if name == "imagemap":
                        return
        case Template() if citation_of(node) is None:
            yield from _of_template(node, dialect)


def file_of(title: str, dialect: Dialect) -> str | None:
    """Return the plain file name of a link's title; None if it does not show a file, as with `[[:File:A.jpg]]`."""
    space, colon, name = _INVISIBLE.sub("", title).partition(":")
    if not colon or _SPACE.sub(" ", space).strip().lower() not in _spaces(dialect):
        return None
    return normal_file(name) or None


def _spaces(dialect: Dialect) -> frozenset[str]:
    # The canonical names work on a wiki of any language; "Image" is an alias since MediaWiki 1.14.
    return frozenset(name.replace("_", " ") for name in dialect.file_namespaces) | {"file", "image"}


@cache
def _file_sign(dialect: Dialect) -> re.Pattern[str]:
    """Return a pattern for what every figure contains: the start of a file link, a gallery tag, or a file extension."""
    spaces = "|".join(re.escape(name).replace(r"\ ", r"[\s_]+") for name in sorted(_spaces(dialect)))
    return re.compile(rf"\[\[[\s_]*(?:{spaces})[\s_]*:|<(?:gallery|imagemap)|{_ENDING}", re.IGNORECASE)


def may_show_file(text: str, dialect: Dialect) -> bool:
    """Return whether a text can have a figure; True if in doubt."""
    return _file_sign(dialect).search(_INVISIBLE.sub("", text)) is not None


def normal_file(name: str) -> str:
    """Normalise a file name as MediaWiki stores it: spaces for underscores, capital first letter, no fragment.

    >>> normal_file(" map_of  Europe.svg ")
    'Map of Europe.svg'
    """
    name = _SPACE.sub(" ", html.unescape(_INVISIBLE.sub("", name)).partition("#")[0]).strip()
    return name[:1].upper() + name[1:]  # $wgCapitalLinks


def _image_node(file: str, text: Wikicode | None) -> ImageNode:
    """Read the options and the caption of an image link, split at its own bars but not at those of nested markup."""
    parts: list[list[Node]] = [[]]
    for node in text.nodes if text is not None else ():
        # The parser does not end an option after a bare URL, so the URL includes the bars that follow it.
        if isinstance(node, Text) or (isinstance(node, ExternalLink) and not node.brackets and "|" in str(node)):
            head, *tail = str(node).split("|")
            parts[-1].append(Text(head))
            parts += [[Text(piece)] for piece in tail]
        else:
            parts[-1].append(node)
    caption = alt = None
    options = []
    for part in map(Wikicode, parts):
        written = str(part).strip()
        if (value := alternative_text(written)) is not None:
            alt = parse_tree(value)
        elif is_option(written):
            options.append(" ".join(written.split()))
        elif written:
            caption = part  # the last one counts (Help:Images)
    return ImageNode(file=file, caption=caption, alt=alt, options=tuple(options))


def _shows_caption(image: ImageNode, dialect: Dialect) -> bool:
    """Return whether readers see an image's caption; True if in doubt. Others see it only as a tooltip.

    The options are case-sensitive (MessagesEn.php), so `Thumb` frames nothing.
    """
    is_framed = any(option.partition("=")[0].replace(" ", "_") in _FRAMED for option in image.options)
    return is_framed or dialect.language.partition("-")[0] not in _FRAMED_LANGUAGES


def _of_template(node: Template, dialect: Dialect) -> Iterator[ImageNode]:
    if template_name(node) in _POSITIONAL:
        # `{{gallery|File:A.jpg|Caption|alt1=…|File:B.jpg|…}}`: what follows a file is its caption.
        shown: list[tuple[str, list[Wikicode]]] = []
        for value in (parameter.value for parameter in node.params if not parameter.showkey):
            if file := _bare_file(str(value), dialect):
                shown.append((file, []))
            elif shown and not is_option(str(value).strip()):
                shown[-1][1].append(value)
        for number, (file, captions) in enumerate(shown, 1):
            name = f"alt{number}" if node.has(f"alt{number}") else "alt"
            alt = node.get(name).value if node.has(name) else None
            yield ImageNode(file=file, caption=captions[-1] if captions else None, alt=alt)
    named = {
        _SPACE.sub("_", str(parameter.name).strip()).lower(): parameter.value
        for parameter in node.params
        if parameter.showkey
    }
    for key, value in named.items():
        if file := _bare_file(str(value), dialect):
            yield ImageNode(
                file=file,
                is_marker=_MARKER.fullmatch(key) is not None,
                caption=_companion(key, named, _CAPTION_PARAMETERS),
                alt=_companion(key, named, ("alt",)),
            )


def is_image_parameter(name: str, value: str) -> bool:
    """Return whether a template's parameter may name an image or be its caption or alt text; True if in doubt."""
    key = _SPACE.sub("_", name.strip()).lower()
    return key in _IMAGE_PARAMETERS or _OF_IMAGE.search(key) is not None or _FILE_END.search(value) is not None


def _is_file_name(text: str) -> bool:
    """Return whether a text is a file name and nothing else."""
    return _NO_FILE_NAME.search(text) is None and _LAST_FILE_END.search(text) is not None


def _bare_file(value: str, dialect: Dialect) -> str | None:
    value = _INVISIBLE.sub("", value).partition("{{!}}")[0].strip()
    if not _is_file_name(value) or "//" in value:
        return None
    return file_of(value, dialect) or normal_file(value)


def _companion(key: str, named: dict[str, Wikicode], words: Iterable[str]) -> Wikicode | None:
    """Return the caption or alt parameter of the image parameter `key`, by the conventions of infoboxes, or None."""
    stem = key.rstrip("0123456789")
    number = key[len(stem) :]
    bare = re.sub(r"^(?:image|imagen|bild|photo|foto|file|picture)_|_(?:image|file|name)$", "", stem)
    for word in words:
        names = [
            f"{key}_{word}",
            f"{word}_{key}",
            f"{key}{word}",
            f"{stem}_{word}{number}",
            f"{bare}_{word}{number}",
            f"{word}_{bare}{number}",
            f"{bare}{word}{number}",
        ]
        if stem in _IMAGE_PARAMETERS:
            names += [f"{word}{number}", f"image_{word}{number}", f"{word}_image{number}"]
        for name in names:
            if name in named and str(named[name]).strip():
                return named[name]
    return None


def is_option(part: str) -> bool:
    """Return whether a part of `[[File:…|part|…]]` is an image option rather than a caption."""
    word = "_".join(part.lower().split())
    return word in _OPTIONS or bool(_SIZE.fullmatch(part) or _VALUED.fullmatch(part))


def alternative_text(part: str) -> str | None:
    """Return the value of `alt=…` under any of its names; None if the part is something else."""
    match = _ALT.fullmatch(part)
    return match["value"].strip() if match else None
