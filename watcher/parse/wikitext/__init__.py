"""Scan raw wikitext: sections, brackets, spans and references."""
