"""The clock: Prefect flows, and the plain steps that they and the command line share."""
