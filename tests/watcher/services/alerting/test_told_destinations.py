"""Test that what is told is known for each destination: nothing is lost between several, nothing told twice."""

from tests.flows.harness import TEXT
from tests.watcher.services.stories import story_test

NOW = '\n[[destination]]\nname = "now"\nurl = "json://127.0.0.1:9/now"\n'
GUARD = "\n== Guard ==\nMales guard the eggs for the first nine days.\n"
test_what_each_destination_gets = story_test(
    __file__,
    {
        "DAILY": f'digest = "daily 08:00"\n{NOW}',
        "CRITICAL ONLY": f'threshold = "critical"\n{NOW}',
        "GUARD": GUARD,
        "LONG": TEXT + "".join(f"\nPier {number} was built of stone for the fleet.\n" for number in range(1, 20)),
    },
)
