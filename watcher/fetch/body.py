"""Read the body of an HTTP answer within bounds: only the encodings that were asked for, unpacked step by step."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from watcher.errors import Corrupt, TooLarge
from watcher.text import error_line


class Body:
    """The bytes of one body so far; `most` bounds them both compressed and decompressed.

    A few kilobytes of zstd or of gzip within gzip unpack to gigabytes in one step, so nothing is left to the HTTP
    library, which unpacks whatever the server names.
    """

    def __init__(self, where: str, encodings: Sequence[str], most: int) -> None:
        """Raise Corrupt for an encoding that was not asked for."""
        named = [name.strip().lower() for name in encodings]
        coded = [name for name in named if name not in ("", "identity")]
        if coded and coded not in (["gzip"], ["x-gzip"]):
            raise Corrupt(
                f"{where}: the answer is encoded as {error_line(', '.join(coded))!r}, which was not asked for; "
                "nothing was taken from it"
            )
        self._where = where
        self._most = most
        self._packed = 0
        self._taken = bytearray()
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if coded else None

    def add(self, piece: bytes) -> None:
        """Add the next bytes; raises Corrupt where they cannot be decompressed, TooLarge beyond the bound."""
        self._packed += len(piece)
        if self._gzip is None:
            self._taken += piece
        else:
            self._unpack(self._gzip, piece)
        if max(len(self._taken), self._packed) > self._most:
            raise TooLarge(f"{self._where}: the answer exceeds {self._most >> 20} MiB; nothing was taken from it")

    def whole(self) -> bytes:
        """Return all of it; raises Corrupt when its end is missing."""
        # A redirect or an error may come without any body in spite of its header.
        if self._gzip is not None and self._packed and not self._gzip.eof:
            raise Corrupt(f"{self._where}: the compressed answer was cut short; nothing was taken from it")
        return bytes(self._taken)

    def _unpack(self, gzip: zlib._Decompress, piece: bytes) -> None:
        try:
            while piece and not gzip.eof and len(self._taken) <= self._most:
                # One byte more than allowed shows that there is more; 0 would mean no bound.
                self._taken += gzip.decompress(piece, self._most + 1 - len(self._taken))
                piece = gzip.unconsumed_tail
        except zlib.error as error:
            raise Corrupt(
                f"{self._where}: the compressed answer cannot be unpacked; nothing was taken from it"
            ) from error
