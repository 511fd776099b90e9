"""Test that Kubernetes accepts the manifests, that their commands exist, and that no container is privileged."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import readme
from tests.command import run_program

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "deploy/kubernetes"
KUBECTL, VALIDATE = shutil.which("kubectl"), shutil.which("kubernetes-validate")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is missing: install Debian's kubernetes-client")


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What kustomize makes of the folder when it is filled in."""
    folder = tmp_path_factory.mktemp("kubernetes") / "kubernetes"
    shutil.copytree(SOURCE, folder)
    for name in ("secrets.env", "prefect-secrets.env"):
        shutil.copy(folder / f"{name}.example", folder / name)
    (folder / "watchlist.toml").write_text("[watcher]\n")
    done = run_program(KUBECTL, "kustomize", folder, check=True)
    (result := folder / "all.yaml").write_text(done.stdout, encoding="utf-8")
    return result


def pods(manifests: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pods of all workloads by name."""
    for item in yaml.safe_load_all(manifests.read_text(encoding="utf-8")):
        spec = item.get("spec", {})
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        if template:
            yield item["metadata"]["name"], template["spec"]


@pytest.mark.skipif(VALIDATE is None, reason="kubernetes-validate is missing: install it from the package index")
def test_the_schemas_of_kubernetes_take_them(manifests: Path):
    done = run_program(VALIDATE, "--strict", manifests)
    assert done.returncode == 0, done.stderr + done.stdout


def test_every_pod_has_no_rights_and_a_root_that_cannot_be_written(manifests: Path):
    names = dict(pods(manifests))
    assert {*names} == {"prefect", "worker", "stream", "web", "migrate", "setup", "watchdog", "backup"}
    for name, pod in names.items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod.get("hostname") == (name if name in ("worker", "stream", "watchdog") else None)
        for container in pod["containers"]:
            own = container["securityContext"]
            assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False), name
            assert own["capabilities"] == {"drop": ["ALL"]}, name


def test_every_command_is_one_of_ours_or_of_prefect(manifests: Path):
    for name, pod in pods(manifests):
        (container,) = pod["containers"]
        assert name != "watchdog" or "persistentVolumeClaim" in pod["volumes"][1]  # which the next pod has as well
        match container.get("command", ["watcher"]):
            case ["watcher"]:
                command, *options = container["args"]
                assert readme.unknown_options(command, options) == [], name
            case ["sh", script, *_]:
                assert (ROOT / Path(script).relative_to("/opt/article-watcher")).exists(), name
            case command:
                assert command[0] == "prefect", name


def test_the_settings_are_those_of_the_compose_file(manifests: Path):
    written = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    compose, server = written["x-environment"], written["services"]["prefect"]["environment"]
    own = {item["name"]: item["value"] for item in dict(pods(manifests))["prefect"]["containers"][0]["env"]}
    elsewhere = {*compose, "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_SERVER_DATABASE_CONNECTION_URL"}
    assert own == {name: value for name, value in server.items() if name not in elsewhere}
    documents = yaml.safe_load_all(manifests.read_text(encoding="utf-8"))
    (settings,) = [item["data"] for item in documents if item["metadata"]["name"].startswith("settings-")]
    # Secrets; and a kubelet asks a worker for its health from outside its container.
    other = {"WATCHER_DATABASE", "PREFECT_API_AUTH_STRING", "PREFECT_WORKER_WEBSERVER_HOST"}
    assert settings == {name: value for name, value in compose.items() if name not in other}


def test_only_the_server_of_prefect_gets_the_password_of_its_database(manifests: Path):
    holding = {
        item["metadata"]["name"]
        for item in yaml.safe_load_all(manifests.read_text(encoding="utf-8"))
        if item["kind"] == "Secret" and "PREFECT_SERVER_DATABASE_CONNECTION_URL" in item["data"]
    }
    given = {
        name
        for name, pod in pods(manifests)
        for source in pod["containers"][0]["envFrom"]
        if source.get("secretRef", {}).get("name") in holding
    }
    assert (len(holding), given) == (1, {"prefect"})
