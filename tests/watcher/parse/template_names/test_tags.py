from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.template_names import maintenance_tag

ENGLISH = Dialect()


@for_each(
    ("template", "tag"),
    [
        ("cn", "citation needed"),
        ("citation needed", "citation needed"),
        ("fact", "citation needed"),
        ("нет аи", "citation needed"),
        ("ต้องการอ้างอิง", "citation needed"),
        ("來源請求", "citation needed"),
        ("dubious", "dubious"),
        ("update needed", "update needed"),
        ("update after", "update needed"),
        ("by whom", "by whom"),
        ("not in source", "failed verification"),
        ("deadlink", "dead link"),
        ("unreliable source?", "unreliable source"),
        ("original research inline", "original research"),
        ("more citations needed", "refimprove"),
        ("npov", "pov"),
        ("cleanup section", "cleanup"),
        ("cleanup-section", "cleanup"),
        ("disputeabout", "disputed"),
        ("convert", None),
    ],
)
def test_complaints_have_one_name_in_every_language(template: str, tag: str | None):
    assert maintenance_tag(template) == tag
