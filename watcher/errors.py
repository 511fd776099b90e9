"""Define the errors, named for what the caller can do next.

WatcherError
├── ConfigError      fix watchlist.toml or the command line (names the key and the line)
├── InputError       give another file or text
├── Unavailable      try again later (network, overload, maxlag); carries `retry_after`
├── Missing          the page, revision or file does not exist
├── Refused          the wiki, or our own allow-list, forbids it: trying again will not help
├── Conflict         the state that a request was based on has changed: reload it
├── Corrupt          an answer or stored data cannot be trusted
│   └── TooLarge     the answer exceeds the size limit: request less
├── StoreError       the database cannot be used now (locked, full, not migrated)
└── DeliveryError    a message was not accepted; `permanent` tells whether to try again
"""

from typing import Final


class WatcherError(Exception):
    """The base class; the message says what went wrong, where, and what to do next, usually in one line."""


class ConfigError(WatcherError):
    """The configuration is wrong: the message names the file, the line and the key."""


class InputError(WatcherError):
    """A file or text given by the user cannot be used."""


class Unavailable(WatcherError):
    """The request is valid and may work later.

    `retry_after` is in seconds, None if the server did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Missing(WatcherError):
    """The page, revision or file does not exist, or no longer does."""


class Refused(WatcherError):
    """The request is forbidden, invalid or not allowed by us, so repeating it would not help."""


class Conflict(WatcherError):
    """Somebody else has changed the same thing meanwhile; nothing was done."""


class Corrupt(WatcherError):
    """An answer or a stored text cannot be trusted; nothing in it was used."""


class TooLarge(Corrupt):
    """An answer exceeds the size limit; nothing in it was used, and the same request is not repeated."""


FETCH_ERRORS: Final = (ConfigError, InputError, Unavailable, Missing, Refused, Corrupt)
"""The errors of a request to a wiki, a file or a URL; not StoreError, which callers handle separately."""


class StoreError(WatcherError):
    """The database is locked, full, unreachable or of another version."""


class DeliveryError(WatcherError):
    """A destination did not accept a message; `permanent` means that a retry is pointless."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
