"""Escape control characters, so that text by strangers cannot steer a terminal or a log viewer."""

from __future__ import annotations


def escape_control_characters(text: str) -> str:
    """Control and direction characters become escapes, so that wiki text cannot steer a terminal or forge a line."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
