"""Write revisions of a test wiki as a MediaWiki XML export, as dumpBackup.php does."""

from hashlib import sha1
from xml.sax.saxutils import escape

from tests.simulators import WikiStore
from tests.wiki_api import HideableRevision

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(text: str) -> str:
    """The SHA-1 of a text as MediaWiki stores it: 31 digits of base 36."""
    number, digits = int(sha1(text.encode()).hexdigest(), 16), ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits.rjust(31, "0")


def revision_xml(saved: HideableRevision, version: str = "0.11") -> str:
    """One <revision>; until 0.6 an export had neither parents nor digests."""
    new = version in {"0.10", "0.11"}
    hidden = {name: ' deleted="deleted"' if name in saved.hidden else "" for name in ("content", "user", "comment")}
    parent = f"<parentid>{saved.parent_id}</parentid>" if new and saved.parent_id else ""
    user = "" if hidden["user"] else f"<username>{escape(saved.editor)}</username><id>7</id>"
    digest = base36(saved.text)
    attributes = f' bytes="{len(saved.text.encode())}"' + f' sha1="{digest}"' * (version == "0.11")
    text = f"<text{hidden['content']} />" if hidden["content"] else None
    return (
        f"<revision><id>{saved.id}</id>{parent}<timestamp>{saved.at:%Y-%m-%dT%H:%M:%SZ}</timestamp>"
        f"<contributor{hidden['user']}>{user}</contributor>{'<minor />' * saved.minor}"
        f"<comment{hidden['comment']}>{'' if hidden['comment'] else escape(saved.comment)}</comment>"
        f"{'<model>wikitext</model><format>text/x-wiki</format>' * new}"
        + (text or f'<text{attributes * new} xml:space="preserve">{escape(saved.text)}</text>')
        + f"<sha1>{digest}</sha1>" * new
        + "</revision>\n"
    )


def export(store: WikiStore, *titles: str, version: str = "0.11", base: str = "http://127.0.0.1/wiki/Main") -> bytes:
    """An export of some pages of a test wiki with all revisions."""
    pages = ""
    for title in titles:
        page = store.by_title[title]
        revisions = "".join(revision_xml(saved, version) for saved in page.revisions)
        pages += f"<page><title>{escape(title)}</title><ns>0</ns><id>{page.id}</id>\n{revisions}</page>\n"
    return (
        f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-{version}/" version="{version}" xml:lang="en">\n'
        f"<siteinfo><sitename>W</sitename><base>{base}</base><namespaces><namespace key='0' /></namespaces>"
        "</siteinfo>\n"
        f"{pages}</mediawiki>\n"
    ).encode()
