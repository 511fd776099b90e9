"""Text by strangers → text that a terminal or a log only shows."""

from __future__ import annotations


def printable(text: str) -> str:
    """Control and direction characters become escapes, so that wiki text cannot steer a terminal or forge a line."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
