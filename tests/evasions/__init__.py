"""Edits that try to change what readers see without an alert, by class, and harmless edits that look like them."""
