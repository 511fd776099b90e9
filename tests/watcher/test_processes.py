import subprocess
import sys

from tests.command import unmeasured

PROCESS = """
import gc
default = gc.get_threshold()
from watcher.processes import collect_rarely, rare_collections

with rare_collections():
    print(gc.get_threshold())
print(gc.get_threshold() == default)
collect_rarely()
with rare_collections():
    print(gc.get_threshold())
    kept = [[] for _ in range(250_000)]
print(gc.get_threshold(), gc.get_freeze_count() > 150_000, len(gc.callbacks))
kept = [[] for _ in range(50_000)]
print(gc.get_freeze_count() < 250_000)
with rare_collections(100_000):
    print(gc.get_threshold())
"""


def test_a_process_collects_rarely_and_leaves_out_what_its_start_made():
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], env=unmeasured(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == [
        "(20000, 20, 20)",
        "True",
        "(200000, 20, 20)",
        "(20000, 20, 20) True 0",
        "True",
        "(100000, 20, 20)",
    ]


def test_a_history_ends_the_start_and_collects_more_rarely_still():
    code = (
        "import gc; from watcher.processes import _begin, collect_rarely, rare_collections; collect_rarely()\n"
        "with rare_collections(100_000):\n"
        "    _begin()  # as another thread does that ends the start at the same time\n"
        "    print(gc.get_threshold(), gc.get_freeze_count() > 0)\n"
        "print(gc.get_threshold())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=unmeasured(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["(100000, 20, 20) True", "(20000, 20, 20)"]
