"""Import what the services import, so that the image contains compiled bytecode."""

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
# Apprise imports its plugins when the first URL is added.
if not apprise.Apprise().add("json://localhost"):
    raise SystemExit("Apprise accepts no URL")
