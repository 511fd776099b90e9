"""Define the Prefect flows and run Prefect for them; the flows call `watcher.services`."""
