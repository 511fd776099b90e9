"""Make PNG images of one colour that any wiki accepts."""

from __future__ import annotations

import struct
import zlib


def png(colour: int) -> bytes:
    """A PNG of four pixels of one colour (24 bits)."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    rows = _chunk(b"IDAT", zlib.compress((b"\0" + colour.to_bytes(3, "big") * 2) * 2))
    return b"\x89PNG\r\n\x1a\n" + head + rows + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
