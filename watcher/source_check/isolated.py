"""Let a process of its own read a cited page, which has bounded time and memory.

Pages are by strangers, and neither the parser of HTML nor that of PDF bounds what a page makes it do. The process is
started by its own command, not forked: it inherits no database connection, no lock and no secret of the environment,
and this one loads no parser.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

from watcher.model.source_checks import Problem
from watcher.source_check.page import SECONDS, SourcePage

_ROOT: Final = str(Path(__file__).resolve().parents[2])
# Without the working folder on the path, where a file may be named like a module.
_CODE: Final = """
import sys
sys.path.append(sys.argv[1])
from watcher.source_check.reader import main
main()
"""
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "COVERAGE_PROCESS_CONFIG")


def read_source(url: str, *, contact: str, hosts: Collection[str] = (), seconds: float = SECONDS) -> SourcePage:
    """Read a page within `seconds`; `contact` is told to its server, `hosts` (`host:port`) are allowed besides.

    Whatever goes wrong is the page's `problem`.
    """
    request = {"url": url, "contact": contact, "hosts": [*hosts], "seconds": seconds}
    failed = SourcePage(url=url, problem=Problem.LATE)
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            [sys.executable, "-P", "-c", _CODE, _ROOT],
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Without secrets and proxies; one arena of memory, for each reserves 64 MB.
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"MALLOC_ARENA_MAX": "1"},
            timeout=seconds,
            check=False,
        )
        return SourcePage.from_dict(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return failed
    except (OSError, ValueError, KeyError, TypeError):  # it took too much memory or time of the processor
        return replace(failed, problem=Problem.BROKEN)
