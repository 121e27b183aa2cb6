"""How a container is given cards, fitted to the machine."""

from __future__ import annotations

from typing import Any

import pytest
from builders import GIB, catalog, container, host, plan, service, settings
from hearth_control.catalog.model import Hardware, Variant
from hearth_control.host.model import Gpu
from hearth_control.plan.devices import fit_devices
from hearth_control.plan.model import ContainerUnit

pytestmark = pytest.mark.unit

RESERVED = {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
BY_RUNTIME: dict[str, Any] = {"deploy": {"resources": {"reservations": {"devices": [RESERVED]}}}}


def nvidia(access: Any) -> Gpu:
    return Gpu(vendor="nvidia", name="RTX", vram=24 * GIB, usable=True, access=access)


def radeon(*groups: int) -> Gpu:
    return Gpu(vendor="amd", name="RX", vram=20 * GIB, usable=True, access="devices", groups=groups)


def test_runtime_is_asked_as_the_file_says() -> None:
    assert fit_devices(BY_RUNTIME, (nvidia("runtime"),)) == BY_RUNTIME


def test_cdi_is_asked_by_name() -> None:
    assert fit_devices(BY_RUNTIME, (nvidia("cdi"),)) == {"devices": ["nvidia.com/gpu=all"]}


def test_cdi_keeps_what_else_is_reserved() -> None:
    other = {"driver": "other", "capabilities": ["tpu"]}
    spec = {
        "deploy": {
            "resources": {"limits": {"cpus": "2"}, "reservations": {"devices": [RESERVED, other]}}
        },
        "devices": ["/dev/null:/dev/radio"],
    }
    assert fit_devices(spec, (nvidia("cdi"),)) == {
        "deploy": {"resources": {"limits": {"cpus": "2"}, "reservations": {"devices": [other]}}},
        "devices": ["/dev/null:/dev/radio", "nvidia.com/gpu=all"],
    }


@pytest.mark.parametrize("device", ["/dev/kfd:/dev/kfd", "/dev/dri", {"source": "/dev/dri"}])
def test_owned_files_bring_their_groups(device: object) -> None:
    spec = {"devices": [device], "group_add": ["44"]}
    fitted = fit_devices(spec, (radeon(44, 992), radeon(992)))
    assert fitted["group_add"] == ["44", "992"]


def test_groups_only_where_files_are_given() -> None:
    assert fit_devices({"image": "a"}, (radeon(44),)) == {"image": "a"}


def test_no_cards_change_nothing() -> None:
    assert fit_devices(BY_RUNTIME, ()) == BY_RUNTIME


def test_planned_container_has_the_groups() -> None:
    files = {"devices": ["/dev/kfd:/dev/kfd", "/dev/dri:/dev/dri"]}
    main = container("model", variants={Hardware.AMD: Variant(spec=files)})
    made = plan(
        catalog(service("model", containers=(main,))),
        said=settings(services={"model": "container"}),
        machine=host(gpus=(radeon(44, 992),)),
    )
    unit = made.unit("model")
    assert isinstance(unit, ContainerUnit)
    assert unit.spec["group_add"] == ["44", "992"]
