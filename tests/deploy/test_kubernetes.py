"""The kustomize base: parsable, complete, restricted, free of secrets."""

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.settings import Settings

Manifest = dict[str, Any]

COMPONENTS = ("web", "worker", "reconciler", "migrate")
SECRETS = {"DATABASE_URL", "REDIS_URL"}
has_validator = importlib.util.find_spec("kubernetes_validate") is not None


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [found for found in manifests if found["kind"] == kind]


def component(found: Manifest) -> str:
    return str(found["metadata"]["labels"]["app.kubernetes.io/component"])


def container(pods: dict[str, Manifest], name: str) -> Manifest:
    (only,) = pods[name]["containers"]
    return dict(only)


def test_every_yaml_file_is_part_of_the_base(root: Path) -> None:
    folder = root / "deploy" / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    present = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed) == present


def test_every_process_has_a_workload(pods: dict[str, Manifest]) -> None:
    assert set(pods) == set(COMPONENTS)


@pytest.mark.parametrize("name", COMPONENTS)
def test_commands_are_those_of_the_procfile(
    name: str, pods: dict[str, Manifest], procfile: dict[str, list[str]]
) -> None:
    process = procfile["release" if name == "migrate" else name]
    words = container(pods, name)["args"]
    fixed = [(a, b) for a, b in zip(words, process, strict=True) if "$" not in b]
    assert [a for a, _ in fixed] == [b for _, b in fixed]


@pytest.mark.parametrize("name", COMPONENTS)
def test_no_argument_needs_a_shell(name: str, pods: dict[str, Manifest]) -> None:
    assert not [word for word in container(pods, name)["args"] if "$" in word]


@pytest.mark.parametrize("name", COMPONENTS)
def test_pods_meet_the_restricted_profile(name: str, pods: dict[str, Manifest]) -> None:
    pod, own = pods[name], container(pods, name)["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod["automountServiceAccountToken"]
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert not own["allowPrivilegeEscalation"]
    assert own["readOnlyRootFilesystem"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_resources_are_asked_for(name: str, pods: dict[str, Manifest]) -> None:
    resources = container(pods, name)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_secrets_come_by_reference(name: str, pods: dict[str, Manifest]) -> None:
    variables = {entry["name"]: entry for entry in container(pods, name)["env"]}
    assert set(variables) - {"TICKETSYNC_CONFIG"} == SECRETS
    for secret in SECRETS:
        assert variables[secret]["valueFrom"]["secretKeyRef"]["name"] == "ticketsync"
    assert container(pods, name)["envFrom"] == [{"secretRef": {"name": "ticketsync"}}]


def test_no_secret_stands_in_a_file(root: Path, manifests: list[Manifest]) -> None:
    assert not of_kind(manifests, "Secret")
    texts = [path.read_text() for path in (root / "deploy").rglob("*") if path.is_file()]
    pattern = r"gh[pousr]_\w{20}|github_pat_|-----BEGIN|://[^\s/:@]+:[^\s/@…]+@"
    assert not [found for text in texts for found in re.findall(pattern, text)]


def test_the_configuration_is_where_the_pods_look(pods: dict[str, Manifest]) -> None:
    for name, pod in pods.items():
        found = container(pods, name)
        (value,) = [e["value"] for e in found["env"] if e["name"] == "TICKETSYNC_CONFIG"]
        mounts = {mount["mountPath"]: mount["name"] for mount in found["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert value == "/config/ticketsync.toml"
        assert volumes[mounts["/config"]]["configMap"]["name"] == "ticketsync-config"


def test_the_configuration_is_understood(root: Path) -> None:
    text = (root / "deploy" / "kubernetes" / "ticketsync.toml").read_text()
    settings = Settings.model_validate(tomllib.loads(text))
    assert not settings.store.auto_migrate
    assert settings.sources[0].token_env == "GITHUB_TOKEN"


def test_doors_and_reconcilers_come_in_twos(manifests: list[Manifest]) -> None:
    replicas = {component(f): f["spec"]["replicas"] for f in of_kind(manifests, "Deployment")}
    assert replicas == {"web": 2, "worker": 2, "reconciler": 2}
    budgets = of_kind(manifests, "PodDisruptionBudget")
    assert {component(found) for found in budgets} == set(replicas)


def test_web_is_asked_how_it_is(pods: dict[str, Manifest]) -> None:
    web = container(pods, "web")
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_the_grace_is_longer_than_the_shutdown(pods: dict[str, Manifest]) -> None:
    words = container(pods, "worker")["args"]
    shutdown = int(words[words.index("--worker-shutdown-timeout") + 1]) / 1000
    assert pods["worker"]["terminationGracePeriodSeconds"] > 2 * shutdown


def test_selectors_find_their_pods(manifests: list[Manifest]) -> None:
    for found in manifests:
        selector = found["spec"].get("selector", {})
        wanted = selector.get("matchLabels", selector)
        assert wanted.get("app.kubernetes.io/component", component(found)) == component(found)
        if "template" in found["spec"]:
            assert wanted.items() <= found["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.skipif(
    not has_validator, reason="kubernetes-validate is not installed: ./run check-deploy"
)
@pytest.mark.parametrize("version", ["1.29", "1.37"])
def test_kubernetes_knows_every_field(version: str, manifests: list[Manifest]) -> None:
    import kubernetes_validate  # noqa: PLC0415  (large, and absent from the usual environment)

    for found in manifests:
        kubernetes_validate.validate(found, version, strict=True)
