from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.cases import for_each
from watcher.services import parameters


@for_each(
    ("kind", "usual", "extreme"),
    [
        (parameters.ChunkSize, 25, 0),
        (parameters.ChunkSize, 50, 10**30),
        (parameters.Seconds, 300, 10**10),
        (parameters.Hours, 72, -1),
        (parameters.Hours, 72, 10**12),
        (parameters.PageCount, 0, -1),
        (parameters.RunCount, 20_000, 10**30),
        (parameters.DeploymentName, "check-pages/check-chunk", "x" * 501),
    ],
)
def test_a_parameter_is_taken_within_its_bounds_and_refused_beyond_them(kind: Any, usual: object, extreme: object):
    known = TypeAdapter(kind)
    assert known.validate_python(usual) == usual
    with pytest.raises(ValidationError):
        known.validate_python(extreme)
