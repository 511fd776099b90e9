import threading
from datetime import UTC, datetime, timedelta

from watcher.demo import WikiStore

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_an_older_time_goes_into_the_middle_with_a_new_id() -> None:
    store = WikiStore(now=lambda: NOW)
    times = [NOW, NOW + timedelta(days=2), NOW + timedelta(days=1)]
    made = [store.edit("P", f"Text {number}", at=at) for number, at in enumerate(times)]
    assert [saved.id for saved in store.by_title["P"].revisions] == [made[0], made[2], made[1]]


def test_edits_from_many_threads_lose_nothing() -> None:
    store = WikiStore(now=lambda: NOW)

    def write(name: int) -> None:
        for number in range(50):
            store.edit("P", f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [saved.id for saved in store.by_title["P"].revisions] == list(range(1, 201))
