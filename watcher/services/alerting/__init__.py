"""Decide what each destination is sent, and send it."""
