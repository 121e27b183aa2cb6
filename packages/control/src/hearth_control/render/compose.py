"""One merged Compose file out of a plan, and the files that its containers mount.

No secret is in it: `${NAME}` stays, and Compose fills it from the private environment file.
Valid for Compose ≥ 2.24 on Docker ≥ 20.10.
Source: https://docs.docker.com/reference/compose-file/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hearth_control.plan.model import ContainerUnit, Network, Plan, SecretFile
from hearth_control.plan.names import LABEL_PROJECT
from hearth_control.render.artifacts import Artifacts
from hearth_control.render.backup import backup_files
from hearth_control.render.documents import yaml_text
from hearth_control.render.errors import UnsealedPlanError
from hearth_control.render.gateway import gateway_files
from hearth_control.render.grafana import grafana_files
from hearth_control.render.names import COMPOSE_FILE, GENERATED, MOUNTED
from hearth_control.render.prometheus import prometheus_files
from hearth_control.render.provision import provision_files
from hearth_control.render.stack import stack_files


def render_compose(plan: Plan) -> Artifacts:
    """Render a plan for Compose; a plan without containers gives no Compose file.

    Raises:
        UnsealedPlanError: secrets were not made before planning, so hashes do not cover them.
    """
    if plan.missing_secrets:
        names = ", ".join(f"`{key}`" for key in plan.missing_secrets)
        msg = f"plan: made before its secrets were: {names}"
        raise UnsealedPlanError(msg)
    variables = {
        use.variable: use.key for unit in plan.units for use in unit.secrets if use.variable
    }
    containers = [unit for unit in plan.units if isinstance(unit, ContainerUnit)]
    if not containers:
        return Artifacts(files={}, secret_variables=variables)
    files = {
        COMPOSE_FILE: yaml_text(compose_document(plan), header=GENERATED),
        **plan.configs,
        **gateway_files(plan),
        **prometheus_files(plan),
        **grafana_files(plan),
        **provision_files(plan),
        **stack_files(plan),
        **backup_files(plan),
    }
    return Artifacts(
        files=dict(sorted(files.items())),
        secret_variables=variables,
        secret_files=_secret_files(containers),
    )


def _secret_files(containers: Sequence[ContainerUnit]) -> tuple[SecretFile, ...]:
    found = {file.name: file for unit in containers for file in unit.secret_files}
    return tuple(found[name] for name in sorted(found))


def compose_document(plan: Plan, *, mounted: str = f"../{MOUNTED}") -> dict[str, Any]:
    """Give the Compose project as a tree of plain values.

    `mounted` is the folder of the files with secrets, as seen from the Compose file.
    """
    units = [unit for unit in plan.units if isinstance(unit, ContainerUnit)]
    document: dict[str, Any] = {
        "name": plan.project,
        "services": {unit.name: unit.spec for unit in units},
    }
    if plan.networks:
        document["networks"] = {
            network.name: _network(network, plan.project) for network in plan.networks
        }
    if plan.volumes:
        document["volumes"] = dict(plan.volumes)
    if files := _secret_files(units):
        document["secrets"] = {file.name: {"file": f"{mounted}/{file.name}"} for file in files}
    return document


def _network(network: Network, project: str) -> dict[str, Any]:
    if network.external:
        return {"name": network.name, "external": True}
    given: dict[str, Any] = {
        "name": network.name,
        "driver": network.driver,
        "internal": network.internal,
        "labels": {LABEL_PROJECT: project},
    }
    if network.options:
        given["driver_opts"] = dict(network.options)
    if network.subnet:
        given["ipam"] = {"config": [_pool(network, network.subnet)]}
    return given


def _pool(network: Network, subnet: str) -> dict[str, Any]:
    """Give the addresses of a network.

    `DefaultGatewayIPv4` is what members are told, instead of the bridge's own address.
    Source: moby, libnetwork/drivers/bridge/bridge.go (`DefaultGatewayV4AuxKey`).
    """
    given: dict[str, Any] = {"subnet": subnet}
    if network.gateway:
        given["gateway"] = network.gateway
    if network.nowhere:
        given["aux_addresses"] = {"DefaultGatewayIPv4": network.nowhere}
    return given
