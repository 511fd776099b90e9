"""Render parsed wikitext as passages of plain words."""
