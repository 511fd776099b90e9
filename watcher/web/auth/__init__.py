"""Authenticate and authorize requests."""
