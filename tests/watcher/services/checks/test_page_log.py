"""Test that moves, deletions and protections name actor and reason from the wiki's log."""

from tests.watcher.services.stories import story_test

test_an_alert_about_a_page = story_test(__file__)
