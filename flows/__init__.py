"""Define the Prefect flows, and nothing else; the work itself is in `watcher.services`."""
