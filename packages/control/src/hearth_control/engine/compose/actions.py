"""What each kind of step does to the engine; waiting for readiness is the conductor's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.build import build_image
from hearth_control.engine.compose.errors import EngineLacksError, EngineRefusedError
from hearth_control.engine.compose.observe import NETWORK, PROJECT, network_name
from hearth_control.engine.compose.pull import pull_image
from hearth_control.engine.compose.tools import Tell, Tools
from hearth_control.plan.model import Network, Step, StepKind

Action = Callable[[Tools, Step, Tell], None]
SHARED = "hearth.shared"
COMPOSE_PROJECT = "com.docker.compose.project"
_EXISTS = 409


def create_network(tools: Tools, step: Step, _tell: Tell) -> None:
    """Create a network; one that exists is left alone.

    Compose would make them one after another, asking the engine for the whole list each time.
    """
    wanted = next(one for one in tools.plan.networks if one.name == step.target)
    try:
        tools.api.create_network(network_body(wanted, project=tools.project.name))
    except EngineRefusedError as error:
        if error.status != _EXISTS:
            raise


def network_body(network: Network, *, project: str) -> dict[str, object]:
    """Give a network as the API wants it, with the labels by which Compose knows its own."""
    body: dict[str, object] = {
        "Name": network.name,
        "Driver": network.driver,
        "CheckDuplicate": True,
        "Internal": network.internal,
        "Options": dict(network.options),
        "Labels": {SHARED: "true"}
        if network.external
        else {PROJECT: project, COMPOSE_PROJECT: project, NETWORK: network.name},
    }
    if network.subnet:
        body["IPAM"] = {"Config": [_pool(network, network.subnet)]}
    return body


def _pool(network: Network, subnet: str) -> dict[str, object]:
    pool: dict[str, object] = {"Subnet": subnet}
    if network.gateway:
        pool["Gateway"] = network.gateway
    if network.nowhere:
        pool["AuxiliaryAddresses"] = {"DefaultGatewayIPv4": network.nowhere}
    return pool


def stop_unit(tools: Tools, step: Step, _tell: Tell) -> None:
    """Stop a unit's containers and keep them."""
    stop_all(tools.api, tools.containers().get(step.target, ()))


def remove_target(tools: Tools, step: Step, _tell: Tell) -> None:
    """Stop and remove a unit's containers, each by its id, or a network that nobody uses."""
    containers = tools.containers().get(step.target, ())
    stop_all(tools.api, containers)
    for container in containers:
        tools.api.remove(container["Id"])
    if not containers:
        remove_network(tools.api, step.target, project=tools.plan.project)


def stop_all(api: EngineAPI, containers: Sequence[Json]) -> None:
    """Stop containers; one that vanished meanwhile is as good as stopped."""
    for container in containers:
        try:
            api.stop(container["Id"])
        except EngineLacksError:
            continue


def remove_network(api: EngineAPI, name: str, *, project: str) -> None:
    """Remove a network of this installation by its id; a missing one is no error."""
    for network in api.networks():
        labels = network.get("Labels") or {}
        if labels.get(PROJECT) == project and name in {network["Name"], network_name(network)}:
            api.remove_network(network["Id"])


def count_crashes(api: EngineAPI, ids: Sequence[str]) -> Mapping[str, int]:
    """Give how often each container was restarted so far."""
    return {container: int(api.inspect(container).get("RestartCount", 0)) for container in ids}


def start_containers(api: EngineAPI, ids: Sequence[str]) -> Mapping[str, int]:
    """Start what does not run; give each container's crashes from before, which do not count."""
    crashes: dict[str, int] = {}
    for container in ids:
        found = api.inspect(container)
        said = found.get("State", {})
        crashes[container] = 0
        if said.get("Paused"):
            api.unpause(container)
        elif said.get("Running"):
            crashes[container] = int(found.get("RestartCount", 0))
        else:
            api.start(container)
    return crashes


ACTIONS: Mapping[StepKind, Action] = {
    StepKind.NETWORK: create_network,
    StepKind.PULL: pull_image,
    StepKind.BUILD: build_image,
    StepKind.STOP: stop_unit,
    StepKind.REMOVE: remove_target,
}
"""The kinds of steps that are over when their action is."""
