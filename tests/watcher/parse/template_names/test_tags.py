from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.template_names import maintenance_tag

ENGLISH = Dialect()


@for_each(("template", "tag"))
def test_complaints_have_one_name_in_every_language(template: str, tag: str):
    assert (maintenance_tag(template) or "") == tag
