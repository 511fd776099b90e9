"""Run a MediaWiki from a folder on loopback: Debian's program files, SQLite, PHP's own server.

`python -m tests.mediawiki.wiki FOLDER [PORT]` serves one by hand until interrupted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from xml.sax.saxutils import escape

import httpx
import pytest

from tests.ports import free_port
from tests.waiting import wait_until
from watcher.fetch import WikiClient
from watcher.model import Article, Snapshot

PROGRAM = Path("/usr/share/mediawiki")
START_SECONDS = 120
PASSWORD = "a-password-for-loopback"
ACCOUNTS = {
    "Admin": ("sysop", "bureaucrat", "interface-admin", "suppress"),
    "Alice": (),
    "Bob": (),
    "Vandal": (),
    "Newcomer": (),
    "Tide Bot": ("bot",),
}
SETTINGS = Path(__file__).with_name("LocalSettings.php").read_text(encoding="utf-8")


class RealWiki:
    """A MediaWiki in `folder`; `switches` change its behaviour, `session` edits it.

    It is installed there, or copied from the folder of one that is `installed`, which takes a tenth of the time.
    """

    def __init__(self, folder: Path, port: int = 0, installed: Path | None = None) -> None:
        self.folder, self._installed = folder.resolve(), installed
        self.port = port or free_port()
        self.api_url = f"http://127.0.0.1:{self.port}/w/api.php"
        self._server: subprocess.Popen[bytes] | None = None

    @staticmethod
    def missing() -> str | None:
        """Why no wiki can run here, None if one can."""
        if not (PROGRAM / "api.php").exists():
            return "Debian's MediaWiki is not installed (tests/mediawiki/install.sh installs it)"
        if shutil.which("php") is None:
            return "PHP's command line is not installed (tests/mediawiki/install.sh installs it)"
        return None

    def __enter__(self) -> Self:
        if not (self.folder / "installed" / "LocalSettings.php").exists():
            self.install()
        (self.folder / "LocalSettings.php").write_text(SETTINGS.replace("PORT", str(self.port)))
        self.switches()
        self._serve()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            # The server's workers share its process group.
            os.killpg(self._server.pid, signal.SIGTERM)
            self._server.wait(timeout=180)

    def switches(self, **moods: Any) -> None:
        """Set all switches: lag=7.25, closed=True, largest=100_000, basic="name:password".

        The wiki's clock stands at `time`, such as "20260304050600".
        """
        (self.folder / "switches.json").write_text(json.dumps(moods))

    def session(self, account: str | None = None) -> Session:
        """The API as `account`, or logged out."""
        return Session(self.api_url, account)

    def maintain(self, script: str, *arguments: str, text: str | None = None) -> str:
        """Runs a maintenance script and returns what it prints."""
        settings = {"MW_CONFIG_FILE": str(self.folder / "LocalSettings.php")}
        return _php(str(PROGRAM / "maintenance/run.php"), script, *arguments, text=text, **settings)

    def describe_account(self, name: str, registered: str, edits: int) -> None:
        """Gives an account an age and a number of edits; all are made when the wiki is."""
        self.maintain(
            "sql", "--query",
            f"UPDATE user SET user_registration = '{registered}', user_editcount = {edits} WHERE user_name = '{name}'",
        )  # fmt: skip

    def import_history(self, title: str, revisions: list[dict[str, str]]) -> None:
        """Gives a page a history with chosen timestamps; ids are given in the order of the list."""
        body = "".join(
            f"<revision><timestamp>{revision['at']}</timestamp>"
            f"<contributor><username>{escape(revision.get('editor', 'Alice'))}</username></contributor>"
            f"<comment>{escape(revision.get('comment', ''))}</comment>"
            "<model>wikitext</model><format>text/x-wiki</format>"
            f'<text xml:space="preserve">{escape(revision["text"])}</text></revision>'
            for revision in revisions
        )
        dump = (
            '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">'
            f"<page><title>{escape(title)}</title><ns>0</ns>{body}</page></mediawiki>"
        )
        self.maintain("importDump", "--no-updates", "--quiet", text=dump)

    def install(self) -> None:
        """Give the folder a wiki with all accounts and no server."""
        if self._installed:
            shutil.copytree(self._installed, self.folder, symlinks=True, dirs_exist_ok=True)
            (self.folder / "www/w/images").unlink()
            (self.folder / "www/w/images").symlink_to(self.folder / "images")
            return
        for name in ("installed", "db", "cache", "images", "tmp", "www/w"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("api.php", "index.php", "load.php", "resources", "skins", "extensions"):
            (self.folder / "www/w" / name).symlink_to(PROGRAM / name)
        (self.folder / "www/w/images").symlink_to(self.folder / "images")
        _php(
            str(PROGRAM / "maintenance/run.php"), "install", "--dbtype", "sqlite", "--dbname", "wiki",
            "--dbpath", str(self.folder / "db"), "--server", f"http://127.0.0.1:{self.port}", "--scriptpath", "/w",
            "--confpath", str(self.folder / "installed"), "--lang", "en", "--pass", PASSWORD, "Test Wiki", "Admin",
        )  # fmt: skip
        # Caches and job queue are databases in the folder of each wiki, also of a copy: wikis that shared them took the
        # content model of a revision from that of the other wiki's revision with the same number.
        installed = self.folder / "installed" / "LocalSettings.php"
        installed.write_text(installed.read_text().replace(f'"{self.folder}/db"', "__DIR__ . '/../db'"))
        (self.folder / "LocalSettings.php").write_text(SETTINGS.replace("PORT", str(self.port)))
        self.switches()
        for name, groups in ACCOUNTS.items():
            requested = [f"--custom-groups={','.join(groups)}"] if groups else []
            self.maintain("createAndPromote", "--force", *requested, name, PASSWORD)

    def _serve(self) -> None:
        log = (self.folder / "server.log").open("ab")
        # output_buffering=0: with Debian's 4096 MediaWiki sends neither gzip nor Content-Length.
        command = ["php", "-S", f"127.0.0.1:{self.port}", "-t", str(self.folder / "www")]
        for option in ("output_buffering=0", "display_errors=0", "memory_limit=512M", "post_max_size=64M"):
            command += ["-d", option]
        self._server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "MW_CONFIG_FILE": str(self.folder / "LocalSettings.php"), "PHP_CLI_SERVER_WORKERS": "2"},
        )
        log.close()
        ended_or_up = wait_until(lambda: self._server.poll() is not None or self._answers(), START_SECONDS)
        if not ended_or_up or self._server.poll() is not None:
            raise RuntimeError(f"the wiki does not come up: {(self.folder / 'server.log').read_text()[-500:]}")

    def _answers(self) -> bool:
        try:
            httpx.get(self.api_url, params={"action": "query", "format": "json"}, timeout=180, trust_env=False)
        except httpx.TransportError:
            return False
        return True


@contextmanager
def installed_wiki() -> Iterator[str]:
    """Install a wiki to be copied, or take the one of an earlier run; gives its folder."""
    if reason := RealWiki.missing():
        pytest.skip(reason)
    made_of = (PROGRAM / "includes/Defines.php", Path(__file__), Path(__file__).with_name("LocalSettings.php"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()[:12]
    kept = Path(__file__).resolve().parents[2] / f".pytest_cache/mediawiki-{digest}"
    if not kept.exists():
        with RealWiki(new := kept.with_suffix(f".{os.getpid()}")):
            pass  # its first answer fills its caches
        new.rename(kept)
    yield str(kept)


class ApiError(Exception):
    """The wiki refused an edit."""


class Session:
    """Changes pages through the API, as one account."""

    def __init__(self, api_url: str, account: str | None) -> None:
        self._url = api_url
        self._http = httpx.Client(timeout=120, trust_env=False)
        self._token: str | None = None
        if account:
            token = self.ask(meta="tokens", type="login")["query"]["tokens"]["logintoken"]
            self.do(
                "clientlogin", username=account, password=PASSWORD, logintoken=token, loginreturnurl="http://127.0.0.1/"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, **question: Any) -> dict[str, Any]:
        return self._answer(
            self._http.get(self._url, params={"action": "query", "format": "json", "formatversion": 2, **question})
        )

    def do(self, action: str, files: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        given = {name: value for name, value in fields.items() if value is not None}
        return self._answer(
            self._http.post(
                self._url, data={"action": action, "format": "json", "formatversion": 2, **given}, files=files
            )
        )[action]

    @property
    def token(self) -> str:
        if self._token is None:
            self._token = self.ask(meta="tokens")["query"]["tokens"]["csrftoken"]
        return self._token

    def edit(self, title: str, text: str, summary: str = "", **more: Any) -> int:
        """Returns the new revision's id, 0 where nothing changed."""
        done = self.do("edit", title=title, text=text, summary=summary, token=self.token, **more)
        return int(done.get("newrevid", 0))

    def rollback(self, title: str, user: str) -> None:
        token = self.ask(meta="tokens", type="rollback")["query"]["tokens"]["rollbacktoken"]
        self.do("rollback", title=title, user=user, token=token)

    def move(self, source: str, target: str) -> None:
        self.do("move", **{"from": source}, to=target, token=self.token)

    def delete(self, title: str) -> None:
        self.do("delete", title=title, token=self.token)

    def undelete(self, title: str, timestamps: str | None = None) -> None:
        self.do("undelete", title=title, timestamps=timestamps, token=self.token)

    def hide(self, revision_ids: list[int], what: str, *, suppress: bool = False) -> None:
        """Hides content, comment or user (with bars between) of revisions; suppressed, from sysops too."""
        done = self.do(
            "revisiondelete", type="revision", ids="|".join(map(str, revision_ids)), hide=what,
            suppress="yes" if suppress else "no", token=self.token,
        )  # fmt: skip
        # A refusal for one revision comes with status Success and errors inside the item.
        if any(item.get("errors") for item in done["items"]):
            raise ApiError(done["items"])

    def upload(self, name: str, content: bytes) -> None:
        self.do(
            "upload",
            files={"file": (name, content)},
            filename=name,
            ignorewarnings="1",
            comment="upload",
            token=self.token,
        )

    @staticmethod
    def _answer(response: httpx.Response) -> dict[str, Any]:
        got = response.json()
        if "error" in got:
            raise ApiError(got["error"])
        return got


def png(colour: int) -> bytes:
    """A PNG of four pixels of one colour (24 bits), which any wiki accepts."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress((b"\0" + colour.to_bytes(3, "big") * 2) * 2)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def article_of(client: WikiClient, title: str) -> Article:
    (page,) = client.latest([title])
    assert page.article is not None
    return page.article


def ids(snapshots: Iterable[Snapshot]) -> list[int]:
    return [snapshot.revision.id for snapshot in snapshots]


def _php(*arguments: str, text: str | None = None, **environment: str) -> str:
    done = subprocess.run(
        ["php", *arguments], input=text, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode:
        raise RuntimeError(f"php {arguments[:2]}: {done.stdout[-800:]} {done.stderr[-800:]}")
    return done.stdout


if __name__ == "__main__":
    with RealWiki(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 0) as served:
        print(served.api_url, flush=True)
        # A shell starts background processes with SIGINT ignored, so SIGTERM must end it as cleanly.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
