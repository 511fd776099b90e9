"""The shape of the file, its tables and the values behind them agree."""

from dataclasses import fields

from watcher.config import Destination, Watch, Watchlist, WikiSite
from watcher.config.schema import EXAMPLES, TABLES, File


def test_each_table_of_the_file_is_known_by_its_name():
    assert set(TABLES) == {"", *File.model_fields}


def test_each_key_of_a_table_has_a_field_of_the_value():
    values = {"watcher": Watchlist, "wiki": WikiSite, "watch": Watch, "destination": Destination}
    assert {
        name: set(TABLES[name].model_fields) - {field.name for field in fields(value)} for name, value in values.items()
    } == {name: set() for name in values}


def test_each_key_that_must_be_there_has_an_example():
    needed = {name for table in TABLES.values() for name, field in table.model_fields.items() if field.is_required()}
    assert needed == set(EXAMPLES)
