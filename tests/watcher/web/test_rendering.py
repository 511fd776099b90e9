from watcher.config import Watchlist
from watcher.web import rendering


def test_every_wiki_of_the_list_has_its_index(watchlist: Watchlist):
    assert rendering.index_urls(watchlist) == {"en": "https://wiki.example.org/w/index.php"}
