"""Serve the JSON API under /api/v1, which offers what the pages do; it is described at /api/v1/openapi.json."""
