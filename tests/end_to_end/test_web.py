"""Test `watcher web` as a process: its address, the first sign-in, refusal of other hosts, and its end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from io import StringIO
from pathlib import Path

import pytest

from tests.command import run_watcher


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run_watcher(tmp_path, "init").returncode == 0
    return tmp_path


@contextmanager
def serving(home: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server and the line in which it says where it is."""
    command = [sys.executable, "-u", "-m", "watcher", "web", "--port", "0", *words]
    server = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout
        yield server, server.stdout.readline()
    finally:
        server.kill()
        server.communicate()


def test_the_pages_are_served_alone_until_they_are_stopped(home: Path):
    with serving(home) as (server, line):
        address = re.search(r"review pages: (http://127\.0\.0\.1:\d+/)", line)
        assert address, line
        assert server.stdout
        link = re.search(r"http://127\.0\.0\.1:\d+/welcome/\S+", server.stdout.readline())
        assert link
        jar = CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        with browser.open(link[0], timeout=180) as page:
            assert page.url == address[1]
            assert "watcher_session" in {cookie.name for cookie in jar}
        with pytest.raises(urllib.error.HTTPError, match="403"):
            browser.open(link[0], timeout=180)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=180) == 0


def test_others_are_let_in_only_where_a_user_has_a_password(home: Path):
    refused = run_watcher(home, "web", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 2
    assert "watcher user add NAME" in refused.stderr


@pytest.mark.slow
def test_others_are_let_in_by_a_password(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", StringIO("correct horse battery\n"))
    assert run_watcher(home, "user", "add", "ada").returncode == 0
    with serving(home, "--host", "0.0.0.0") as (_, line):
        port = re.search(r"http://0\.0\.0\.0:(\d+)/", line)
        assert port, line
        with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/", timeout=180) as page:
            assert page.url.endswith("/sign-in?next=%2F")
            assert 'name="password"' in page.read().decode()
