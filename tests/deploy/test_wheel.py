"""Test that the wheel installs on each supported Python and runs on its own."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.command import run_program
from watcher.version import version as version_of_the_sources

ROOT = Path(__file__).resolve().parents[2]
THIS_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSIONS = ("3.11", "3.12", "3.13")


def run(*command: object, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PYTHON"))}
    return run_program(*command, cwd=cwd, env={**clean, **environ}, timeout=600)


def build(kind: str, folder: Path) -> Path:
    done = run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def installed(tmp_path: Path, wheel: Path) -> Path:
    """A folder with what the wheel holds, and nothing else of this repository."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "empty").mkdir()
    return tmp_path


def watcher(installed: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as it runs from the wheel; our libraries are those of this environment."""
    return run(
        sys.executable, "-m", "watcher", *words, cwd=cwd or installed / "empty", PYTHONPATH=str(installed / "site")
    )


def test_the_wheel_has_the_files_of_an_installation_and_shows_them(installed: Path):
    files = run_program("git", "ls-files", "deploy", cwd=ROOT, check=True).stdout
    images = {line for line in files.splitlines() if line.startswith(("deploy/pictures/", "deploy/build_hook.py"))}
    expected = {line.removeprefix("deploy/") for line in set(files.splitlines()) - images}
    assert set(watcher(installed, "deploy").stdout.split()) == expected
    shown = watcher(installed, "deploy", "--show", "prefect.yaml").stdout
    assert shown == (ROOT / "deploy/prefect.yaml").read_text(encoding="utf-8")
    assert not list((installed / "site").rglob("pictures"))


def test_the_wheel_says_of_which_commit_it_is(installed: Path):
    commit = run_program("git", "rev-parse", "--short=8", "HEAD", cwd=ROOT, check=True)
    assert not list((installed / "site").rglob("*.pyc"))
    number, name = (installed / "site/watcher/commit.txt").read_text().split()
    assert (name, number.isdigit()) == (commit.stdout.strip(), True)
    shown = watcher(installed, "--version").stdout
    assert shown.endswith(f".dev{number}+g{name}\n")


def test_the_source_distribution_leaves_out_the_tests(tmp_path: Path):
    source = build("sdist", tmp_path / "sdist")
    shutil.unpack_archive(source, tmp_path / "unpacked", filter="data")
    (root,) = (tmp_path / "unpacked").iterdir()
    assert not (root / "tests").exists()
    needed = {"watcher", "flows", "snapshots", "deploy", "pyproject.toml", "README.md", "LICENSE"}
    assert needed <= {path.name for path in root.iterdir()}


@pytest.mark.parametrize("name", ["flows", "snapshots"])
def test_a_package_of_the_same_name_is_told_in_one_line(installed: Path, name: str):
    other = installed / "empty" / name
    other.mkdir()
    (other / "__init__.py").touch()
    done = watcher(installed, "status")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"watcher: the Python package `{name}` of Article Watcher is hidden by another")
    assert str(other) in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_it_installs_on_each_supported_python_in_an_empty_folder(tmp_path: Path, wheel: Path, version: str):
    python = shutil.which(f"python{version}") or (sys.executable if version == THIS_VERSION else None)
    if python is None or run(python, "-c", "import ensurepip", cwd=tmp_path).returncode:
        pytest.skip(f"Python {version} with its module venv is missing")
    environment = tmp_path / "environment"
    assert run(python, "-m", "venv", environment, cwd=tmp_path).returncode == 0
    pip = run(environment / "bin/pip", "install", "-q", "--no-compile", wheel, cwd=tmp_path)
    if "No matching distribution" in pip.stderr or "Could not find a version" in pip.stderr:
        pytest.skip("no package index can be reached")
    assert pip.returncode == 0, pip.stderr
    program = environment / "bin/watcher"
    assert run(program, "--version", cwd=tmp_path).stdout == f"{version_of_the_sources()}\n"
    flows = "import flows.deployments, watcher.web"
    assert run(environment / "bin/python", "-c", flows, cwd=tmp_path, HOME=str(tmp_path)).stderr == ""
    if version == THIS_VERSION:
        done = run(program, "demo", cwd=tmp_path, HOME=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert "21 million → 25 million victims" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", ["uvx --python {python} --from {wheel} watcher", "pipx run --spec {wheel} watcher"])
def test_tools_that_make_an_environment_of_its_own_run_it(tmp_path: Path, wheel: Path, command: str):
    words = command.format(python=sys.executable, wheel=wheel).split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is missing")
    done = run(*words, "--version", cwd=tmp_path, PIPX_HOME=str(tmp_path / "pipx"))
    assert done.stdout == f"{version_of_the_sources()}\n", done.stderr
