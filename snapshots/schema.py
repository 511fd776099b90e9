"""Load every table, for what goes through all of them; a command loads those of the repositories that it uses."""

from typing import Final

from sqlmodel import SQLModel

from snapshots import account_tables, cited_tables, element_tables, review_tables  # noqa: F401

METADATA: Final = SQLModel.metadata
