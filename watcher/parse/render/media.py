"""Read galleries, image maps and maps, which extensions of MediaWiki show."""

from __future__ import annotations

from mwparserfromhell.nodes import Tag

from watcher.model import TextKind
from watcher.parse.render.renderer import Renderer
from watcher.parse.wikitext.sanitizer import parse_tree, sanitize


def read_map(reader: Renderer, node: Tag) -> None:
    """Read a map of the Kartographer extension: its caption, or the words of a link to it, and its centre."""
    given = {str(item.name).strip().lower(): str(item.value).strip() for item in node.attributes}
    if str(node.tag).lower() == "maplink":
        reader.append_text(given.get("text", ""))
    else:
        reader.read_detached(given.get("text", ""), TextKind.CAPTION, "mapframe")
    centre = " ".join(filter(None, (given.get("latitude"), given.get("longitude"))))
    reader.read_detached(centre, TextKind.INFOBOX, "coordinates")
    reader.read_detached(str(node.contents or ""), reader.where, str(node.tag))


def read_gallery(reader: Renderer, node: Tag) -> None:
    """Read a gallery or an image map: its images, else its text."""
    if node.has("caption"):
        caption = parse_tree(sanitize(str(node.get("caption").value))[0])
        reader.read_detached(caption, TextKind.CAPTION, "gallery")
    if not reader.add_images(node):
        reader.read_detached(str(node.contents or ""), reader.where, str(node.tag))
