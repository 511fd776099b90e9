from __future__ import annotations

from tests.watcher.history_helpers import TEXT
from watcher.parse import parse, parse_pair
from watcher.parse.document import analyse, clear_caches
from watcher.parse.wikitext.sections import outline


def test_the_parser_forgets_what_it_read_and_reads_it_again_alike():
    before = parse(TEXT), parse_pair(TEXT, TEXT.replace("21", "22"))
    assert analyse.cache_info().currsize
    assert outline.cache_info().currsize
    clear_caches()
    assert (analyse.cache_info().currsize, outline.cache_info().currsize) == (0, 0)
    assert (parse(TEXT), parse_pair(TEXT, TEXT.replace("21", "22"))) == before
