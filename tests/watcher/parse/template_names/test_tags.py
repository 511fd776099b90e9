from __future__ import annotations

from tests.cases import for_each
from watcher.parse.template_names import MAINTENANCE_TAGS


@for_each(("template", "tag"))
def test_complaints_have_one_name_in_every_language(template: str, tag: str):
    assert MAINTENANCE_TAGS.get(template, "") == tag
