"""Prepare charts as static SVG with a text alternative; Jinja2 templates draw them, nothing is fetched."""
