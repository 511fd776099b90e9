"""Test that a secret is masked unless it is asked for."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from watcher.config import Watchlist, WikiSite
from watcher.config.validators import Secret


@pytest.mark.parametrize("shown", [str, repr, "{}".format, lambda secret: f"{[secret]}"])
def test_no_way_of_printing_shows_a_secret(shown: Callable[[object], str]):
    assert "T0KEN" not in shown(Secret("T0KEN"))


@pytest.mark.parametrize("writing", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_written_anywhere(writing: Callable[[object], object]):
    with pytest.raises(TypeError, match="reveal"):
        writing(Secret("T0KEN"))


def test_secrets_are_equal_by_their_text():
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a").get_secret_value() == "a"
    assert Secret("a") != "a"


def test_a_wiki_is_found_by_its_name(tmp_path: Path):
    site = WikiSite(name="w", api="https://w/")
    listed = Watchlist(path=tmp_path, contact="", database=Secret(""), reports=tmp_path, wikis=(site,))
    assert listed.wiki("w") is site
    with pytest.raises(KeyError):
        listed.wiki("v")
