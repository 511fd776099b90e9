"""Import what the services import, so that Python writes its byte code: a step of the container's build."""

import importlib

import apprise

SERVICES = (
    "flows.deployments",
    "prefect.cli",
    "prefect.engine",
    "prefect.server.api.server",
    "prefect.workers.process",
    "psycopg",
    "watcher.cli.app",
    "watcher.notify",
    "watcher.web",
)

for name in SERVICES:
    importlib.import_module(name)
# Apprise looks for its plugins when it gets the first URL.
if not apprise.Apprise().add("json://localhost"):
    raise SystemExit("Apprise takes no URL")
