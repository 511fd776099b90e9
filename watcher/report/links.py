"""Build the addresses that a report links to from a wiki's index.php."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from watcher.model import Comparison, Figure, Revision

_THUMBNAIL_WIDTH: Final = 480  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The addresses that a report links to; None is shown as plain text, and only http and https become links.

    `home_url` is the list that the report belongs to; `review_urls` are the review pages of findings, by their anchors;
    `language` is that of the wiki, whose sentences are quoted. From `image_hosts`, images may be loaded.
    """

    diff_url: str | None = None
    article_url: str | None = None
    home_url: str | None = None
    index_url: str | None = None
    language: str = ""
    review_urls: Mapping[str, str] = field(default_factory=dict)
    image_hosts: tuple[str, ...] = ()

    @classmethod
    def on(cls, index_url: str, comparison: Comparison, *, home_url: str | None = None, language: str = "") -> Links:
        """All links of `comparison` on the wiki whose index.php is `index_url`.

        The forms `?curid=`, `?oldid=` and `?diff=&oldid=` work on every MediaWiki (Manual:Parameters to index.php).
        The difference is that of the last edit of what a page transcludes, or a file with its versions.
        """
        article, before, after, change = comparison.article, comparison.before, comparison.after, None
        if before is not None and after is not None:
            findings = comparison.findings
            edits = [edit for finding in findings for edit in finding.edits]
            files = [finding.change.new.file for finding in findings if isinstance(finding.change.new, Figure)]
            change = index_query(index_url, diff=after.id, oldid=before.id)
            if comparison.is_rendered:
                last = max(edits, key=lambda edit: (edit.at, edit.id), default=None)
                change = revision_url(index_url, last) if last else index_query(index_url, oldid=after.id)
            elif comparison.is_of_one_revision and files:
                change = file_url(index_url, files[0])
        return cls(
            article_url=index_query(index_url, curid=article.page_id) if article else None,
            diff_url=change,
            home_url=home_url,
            index_url=index_url,
            language=language,
        )

    def page_url(self, title: str) -> str | None:
        """Return the address of another page of the same wiki, such as `File:Map.svg`."""
        return index_query(self.index_url, title=title.replace(" ", "_")) if self.index_url else None

    def text_url(self, revision: Revision) -> str | None:
        """Return the address of the text of a revision."""
        return index_query(self.index_url, oldid=revision.id) if self.index_url else None

    def edit_url(self, revision: Revision) -> str | None:
        """Return the address of what one edit did."""
        return revision_url(self.index_url, revision) if self.index_url else None

    def editor_url(self, revision: Revision) -> str | None:
        """Return the address of an editor's contributions; None where the wiki hides the name."""
        return self.page_url(f"Special:Contributions/{revision.editor}") if revision.editor else None

    def image_url(self, file: str) -> str | None:
        """Return the address of an image file, as the wiki shows it now."""
        return self.page_url(f"Special:Redirect/file/{file}")

    def thumbnail_url(self, known: str | None, file: str | None = None) -> str | None:
        """Return the address of a small copy of an image, `known` or as a `file` is now, where it may be loaded."""
        current = f"{self.image_url(file)}&width={_THUMBNAIL_WIDTH}" if self.index_url and file else ""
        host = urlsplit(known or current).netloc.lower()
        return (known or current) if host and host in self.image_hosts else None


def revision_url(index_url: str, revision: Revision) -> str:
    """Return the difference of an edit on the wiki; of a page's first revision, its text."""
    if not revision.parent_id:
        return index_query(index_url, oldid=revision.id)
    return index_query(index_url, diff=revision.id, oldid=revision.parent_id)


def file_url(index_url: str, file: str) -> str:
    """Return the page of a file, which lists its versions and who uploaded each."""
    return index_query(index_url, title=f"File:{file.replace(' ', '_')}")


def index_query(index_url: str, **parameters: str | int) -> str:
    """Return an address of index.php; what no UTF-8 text can hold is replaced."""
    return f"{index_url}?{urlencode(parameters, errors='replace')}"
