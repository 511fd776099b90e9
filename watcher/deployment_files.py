"""Locate the deployment files: in a wheel inside the package, in a checkout beside it."""

from __future__ import annotations

from pathlib import Path


def deployment_folder() -> Path:
    """Return the folder of units, manifests, alert rules and settings."""
    package = Path(__file__).resolve().parent
    inside = package / "deploy"
    return inside if inside.is_dir() else package.parent / "deploy"
