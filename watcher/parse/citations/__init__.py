"""Read citations and references."""
