"""Serve the review pages."""
