"""Bound the parameters of flows: whoever may start a run can write any number into them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

ChunkSize = Annotated[int, Field(ge=1, le=1000)]
"""How many pages one run or task checks."""
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Hours = Annotated[int, Field(ge=1, le=87_600)]
PageCount = Annotated[int, Field(ge=0, le=10_000)]
RunCount = Annotated[int, Field(ge=0, le=1_000_000)]
DeploymentName = Annotated[str, Field(max_length=500)]
