"""`watcher deploy`: show the files that an installation is made of, which come along with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watcher.errors import ConfigError


def deploy(
    show: Annotated[
        str | None, typer.Option("--show", metavar="NAME", help="Print this file (default: list all).")
    ] = None,
) -> None:
    """List or print the deployment files: Prefect's deployments, units, the compose file, manifests, alert rules.

    Example: watcher deploy --show prefect.yaml > prefect.yaml
    """
    folder = _folder()
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".png")
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    if show is None:
        for name in files:
            typer.echo(name)
        return
    if show not in files:
        raise ConfigError(f"--show {show}: there is no such file; `watcher deploy` lists them")
    typer.echo(files[show].read_text(encoding="utf-8"), nl=False)


def _folder() -> Path:
    """Return the folder of the deployment files: in a wheel inside the package, in a checkout beside it."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "deploy"
    return inside if inside.is_dir() else package.with_name("deploy")
