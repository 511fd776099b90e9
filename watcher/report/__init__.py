"""Comparison in, HTML, Markdown, text or JSON out."""
