"""Define the Prefect flows and run Prefect for them; the work itself is in `watcher.services`."""
