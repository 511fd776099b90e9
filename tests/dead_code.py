"""List the code of the product that nothing in the product uses, tests left out: `make dead` and `make check` call it.

What frameworks and the command line call by name, and what templates read, counts as used.
"""

import keyword
import re
import sys
from pathlib import Path

from vulture import Vulture

from watcher.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("watcher", "flows", "snapshots")
DECORATORS = [
    "@app.*",
    "@*.get",
    "@*.post",
    "@*.put",
    "@*.patch",
    "@*.delete",
    "@*.api_route",
    "@*.page",
    "@*.form",
    "@*.command",
    "@flow",
    "@event.listens_for",
    "@field_validator",
    "@model_validator",
]
HOOKS = [
    "impl", "cache_ok", "load_dialect_impl", "process_bind_param", "process_result_value",  # SQLAlchemy's column types
    "naming_convention", "isolation_level",  # SQLAlchemy and psycopg
    "model_config",  # pydantic
    "preprocess",  # Jinja
    "do_*", "log_message", "handle_error", "client_address", "daemon_threads", "block_on_close", "close_connection",
    "protocol_version", "server_version", "disable_nagle_algorithm", "wbufsize",  # http.server and socketserver
    "get_extra_info", "_network_backend",  # httpx and httpcore
    "encoding",  # httpx: how an answer is decoded
    "nt_separated", "not_a_number_part",  # text2num's relaxed reading
    "prec",  # decimal's context
    "reducer_override",  # pickle
    "_cancellation_listener",  # docket
    "StartElementHandler", "EndElementHandler", "CharacterDataHandler",  # expat
    "StartDoctypeDeclHandler", "buffer_text",
    "msg", "emit", "__cause__",  # logging and exceptions
    "__class__", "__getattr__",  # a module whose names are imported when they are used
    "socket_connect_timeout", "socket_read_timeout",  # Apprise
    "inline",  # read by templates
    "describe",  # prometheus-client
    "_unsupported_upgrade_warning",  # uvicorn
    "PINNED", "REVOKE", "HTML", "MARKDOWN",  # read by their values
    "access_date", "registered_at", "found_at", "summaries", "ok", "failed_comparisons",  # columns and JSON
    "RunnerDeployment",  # named by casts
    "compact_markdown",  # read by the name of a format
    "_opens", "_closes", "_bracket", "_link", "_table", "_tabled", "_comment", "_void", "_untag", "_less",  # pattern
]  # fmt: skip


def template_names() -> str:
    """Every word in a template, as a program that uses them."""
    words: set[str] = set()
    for path in (ROOT / "watcher").rglob("templates/**/*"):
        if path.is_file():
            words.update(re.findall(r"\b[A-Za-z_]\w*\b", path.read_text(encoding="utf-8")))
    return "\n".join(f"_.{word}" for word in sorted(words) if not keyword.iskeyword(word))


def command_names() -> str:
    """The functions that the command line imports by their names, as a program that uses them."""
    return "\n".join(f"_.{target.partition('.')[2]}" for target in COMMANDS.values())


def unused() -> list[str]:
    """A line for each function, class, attribute, variable or import that nothing uses."""
    result = Vulture(ignore_names=HOOKS, ignore_decorators=DECORATORS)
    result.scan(template_names(), filename=Path("templates"))
    result.scan(command_names(), filename=Path("commands"))
    result.scavenge([str(ROOT / package) for package in PACKAGES], exclude=["*/migrations/versions/*"])
    items = result.get_unused_code(min_confidence=60)
    return [f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.message}" for item in items]


def main() -> int:
    """Print what is unused; the exit code is 1 where something is."""
    lines = unused()
    print("\n".join(lines) or "nothing is unused")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
