"""Define the errors, named for what the caller can do next.

WatcherError
├── ConfigError      fix watchlist.toml or the command line (names the key and the line)
├── InputError       give another file or text
├── Unavailable      try again later (network, overload, maxlag); carries `retry_after`
├── Missing          the page, revision or file is not there
├── Refused          the wiki, or our own allow-list, says no: trying again will not help
├── Conflict         what a request was based on has changed meanwhile: reload it
├── Corrupt          what came back, or what was stored, cannot be trusted
│   └── TooLarge     the answer is larger than is ever read: ask for less
├── StoreError       the database cannot be used now (locked, full, not migrated)
└── DeliveryError    a message was not accepted; `permanent` tells whether to try again
"""

from typing import Final


class WatcherError(Exception):
    """What went wrong, where, and what to do next, in one line."""


class ConfigError(WatcherError):
    """The configuration is wrong: the message names the file, the line and the key."""


class InputError(WatcherError):
    """A file or text given by the user cannot be used."""


class Unavailable(WatcherError):
    """Nothing is wrong with the request: the same one may work later.

    `retry_after` is in seconds, None when the other side did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Missing(WatcherError):
    """The page or revision does not exist (any more)."""


class Refused(WatcherError):
    """Asking again will give the same answer: forbidden, invalid or not allowed by us."""


class Conflict(WatcherError):
    """Somebody else changed meanwhile what was to be changed: nothing was done; look at it again."""


class Corrupt(WatcherError):
    """An answer or a stored text that cannot be trusted; nothing was taken from it."""


class TooLarge(Corrupt):
    """An answer has more bytes than are ever read: nothing was taken from it, and the same question is not repeated."""


FETCH_ERRORS: Final = (ConfigError, InputError, Unavailable, Missing, Refused, Corrupt)
"""What a question to a wiki, a file or an address may end with: the database may fail as well, which is told apart."""


class StoreError(WatcherError):
    """The database is locked, full, unreachable or of another version."""


class DeliveryError(WatcherError):
    """A destination did not accept a message; `permanent` means that a retry is pointless."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
