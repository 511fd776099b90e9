"""Edits made to change what readers are told without an alert, by class, and harmless edits that look like them."""
