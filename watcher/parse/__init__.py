"""Wikitext in, Document out."""
