"""How a container is given the cards of the machine that it will run on.

Service files name cards in the way of the vendor's runtime (`deploy.resources.reservations`) or as
device files. This fits that to the machine: CDI where only that is there, and the groups that own
the device files, for containers that do not run as root.

Source: https://docs.docker.com/compose/how-tos/gpu-support/,
https://docs.docker.com/reference/compose-file/services/#devices and
https://rocm.docs.amd.com/projects/install-on-linux/en/latest/how-to/docker.html (read 2026-11)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hearth_control.host.model import Gpu

NVIDIA_BY_CDI = "nvidia.com/gpu=all"
_OWNED = ("/dev/kfd", "/dev/dri")


def fit_devices(spec: Mapping[str, Any], cards: Sequence[Gpu]) -> Mapping[str, Any]:
    """Fit a Compose service's cards to the machine; a service without cards stays as it is."""
    if any(card.access == "cdi" for card in cards):
        spec = _by_cdi(spec)
    groups = {str(group) for card in cards for group in card.groups}
    if groups and any(_is_owned(device) for device in spec.get("devices", ())):
        said = [str(group) for group in spec.get("group_add", ())]
        spec = {**spec, "group_add": [*said, *sorted(groups - {*said}, key=int)]}
    return spec


def _by_cdi(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for NVIDIA's cards by their CDI name instead of by the runtime's driver."""
    reserved = spec.get("deploy", {}).get("resources", {}).get("reservations", {})
    devices = reserved.get("devices", ())
    others = [each for each in devices if each.get("driver") != "nvidia"]
    if len(others) == len(devices):
        return spec
    kept = {key: value for key, value in reserved.items() if key != "devices"}
    if others:
        kept["devices"] = others
    resources = {**spec["deploy"]["resources"], "reservations": kept}
    if not kept:
        del resources["reservations"]
    deploy = {**spec["deploy"], "resources": resources}
    if not resources:
        del deploy["resources"]
    laid = {**spec, "deploy": deploy, "devices": [*spec.get("devices", ()), NVIDIA_BY_CDI]}
    if not deploy:
        del laid["deploy"]
    return laid


def _is_owned(device: object) -> bool:
    path = device.get("source", "") if isinstance(device, Mapping) else str(device)
    return str(path).startswith(_OWNED)
