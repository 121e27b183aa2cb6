"""The steps that each kind of machine needs, as the script that would take them."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hearth_control.host.distribution import Distribution
from hearth_control.host.model import Gpu
from hearth_control.host.setup.model import Engine, Machine
from hearth_control.host.setup.steps import as_script, plan_setup

pytestmark = pytest.mark.unit

BOOKWORM = Distribution(name="Debian 12", family="debian", release="bookworm")
TRIXIE = Distribution(name="Debian 13", family="debian", release="trixie")
NOBLE = Distribution(name="Ubuntu 24.04", family="ubuntu", release="noble")
FEDORA = Distribution(name="Fedora 42", family="fedora", release="42")
ARCH = Distribution(name="Arch Linux", family="other")
READY = Engine(state="answers", compose=True, version="29.0.1")
DRIVERLESS = Gpu(
    vendor="nvidia",
    name="RTX 4090",
    vram=0,
    usable=False,
    why_not="NVIDIA's driver is not loaded",
    fix="hearth host setup --gpu",
)
TOOLLESS = replace(
    DRIVERLESS, driver="570.86", why_not="the NVIDIA Container Toolkit is not installed"
)
RADEON = Gpu(vendor="amd", name="RX 7900", vram=1, usable=True, driver="amdgpu")


def machine(distribution: Distribution = BOOKWORM, **changes: Any) -> Machine:
    given: dict[str, Any] = {
        "architecture": "amd64",
        "user": "ann",
        "is_root": False,
        "has_sudo": True,
        "groups": frozenset({"ann"}),
        "has_systemd": True,
        "in_container": False,
        "is_wsl": False,
        "secure_boot": False,
        "engine": Engine(state="missing", compose=False),
        **changes,
    }
    return Machine(distribution=distribution, **given)


def commands(found: Machine, *, gpu: bool = False) -> list[str]:
    return [shlex.join(step.command) for step in plan_setup(found, gpu=gpu).steps]


SCRIPTS = Path(__file__).parent / "scripts"
MACHINES = {
    "debian-12": (machine(), False),
    "debian-13-nvidia": (machine(TRIXIE, gpus=(DRIVERLESS,)), True),
    "ubuntu-24.04-nvidia": (machine(NOBLE, gpus=(DRIVERLESS,), secure_boot=True), True),
    "fedora-42": (machine(FEDORA), False),
    "fedora-42-nvidia": (machine(FEDORA, gpus=(DRIVERLESS,)), True),
    "debian-12-amd": (
        machine(gpus=(replace(RADEON, usable=False, driver="", why_not="no driver"),)),
        True,
    ),
    "container-without-systemd": (
        machine(is_root=True, user="root", has_systemd=False, in_container=True),
        False,
    ),
    "arch-nvidia": (machine(ARCH, gpus=(DRIVERLESS,)), True),
}


@pytest.mark.parametrize("name", MACHINES)
def test_whole_script(name: str) -> None:
    found, gpu = MACHINES[name]
    script = as_script(plan_setup(found, gpu=gpu), found)
    assert script == (SCRIPTS / f"{name}.sh").read_text()


def test_ready_machine_needs_nothing() -> None:
    setup = plan_setup(machine(engine=READY), gpu=False)
    assert setup.steps == ()
    assert setup.done == ("Docker Engine 29.0.1 answers, with the compose plugin",)


def test_second_run_adds_no_repository_again() -> None:
    known = machine(files=frozenset({"/etc/apt/sources.list.d/docker.list"}))
    assert not [line for line in commands(known) if "docker.sources" in line or "gpg" in line]
    fedora = machine(FEDORA, files=frozenset({"/etc/yum.repos.d/docker-ce.repo"}))
    assert not [line for line in commands(fedora) if "addrepo" in line]


def test_stopped_engine_is_started() -> None:
    stopped = machine(
        engine=Engine(state="silent", compose=True), groups=frozenset({"ann", "docker"})
    )
    assert commands(stopped) == ["systemctl enable --now docker"]


def test_denied_person_joins_the_group() -> None:
    denied = Engine(state="denied", compose=True)
    setup = plan_setup(machine(engine=denied), gpu=False)
    assert [step.command[-2:] for step in setup.steps] == [("docker", "ann")]
    assert setup.needs_login
    joined = plan_setup(machine(engine=denied, groups=frozenset({"docker"})), gpu=False)
    assert joined.steps == ()
    assert joined.by_hand == (
        "you are in the group docker since your last log-in: log out and in again",
    )


def test_foreign_packages_go_before_docker_comes() -> None:
    lines = commands(machine(packages=frozenset({"podman-docker", "runc"})))
    assert lines[0].endswith("apt-get remove --yes podman-docker runc")


@pytest.mark.parametrize(
    ("distribution", "package"),
    [(NOBLE, "docker-compose-v2"), (TRIXIE, "docker-compose")],
    ids=["ubuntu", "debian 13"],
)
def test_engine_of_the_distribution_keeps_its_plugin(
    distribution: Distribution, package: str
) -> None:
    found = machine(
        distribution,
        engine=Engine(state="answers", compose=False),
        packages=frozenset({"docker.io"}),
    )
    assert commands(found)[-1].endswith(f"apt-get install --yes {package}")


def test_engine_of_debian_12_has_no_plugin_to_install() -> None:
    found = machine(
        engine=Engine(state="answers", compose=False), packages=frozenset({"docker.io"})
    )
    setup = plan_setup(found, gpu=False)
    assert setup.steps == ()
    assert "sudo apt-get remove docker.io" in setup.by_hand[0]


def test_engine_of_docker_gets_dockers_plugin() -> None:
    found = machine(engine=Engine(state="answers", compose=False))
    assert commands(found)[-1].endswith("apt-get install --yes docker-compose-plugin")


def test_toolkit_alone_needs_no_reboot() -> None:
    setup = plan_setup(machine(engine=READY, gpus=(TOOLLESS,)), gpu=True)
    lines = [shlex.join(step.command) for step in setup.steps]
    assert "nvidia-ctk runtime configure --runtime=docker" in lines
    assert lines[-1] == "systemctl restart docker"
    assert not [line for line in lines if "nvidia-driver" in line]
    assert not setup.needs_reboot


def test_installed_toolkit_is_only_configured() -> None:
    found = machine(engine=READY, gpus=(TOOLLESS,), programs=frozenset({"nvidia-ctk"}))
    assert commands(found, gpu=True) == [
        "nvidia-ctk runtime configure --runtime=docker",
        "systemctl restart docker",
    ]


def test_usable_card_needs_nothing() -> None:
    usable = replace(TOOLLESS, usable=True, why_not="", fix="")
    setup = plan_setup(machine(engine=READY, gpus=(usable,)), gpu=True)
    assert setup.steps == ()
    assert setup.done[-1] == "containers can use the RTX 4090"


def test_driver_of_wsl_comes_from_windows() -> None:
    setup = plan_setup(machine(engine=READY, gpus=(DRIVERLESS,), is_wsl=True), gpu=True)
    assert "install NVIDIA's there" in setup.by_hand[0]
    assert not [step for step in setup.steps if "driver" in step.title]


def test_mismatched_driver_only_wants_a_reboot() -> None:
    stale = replace(DRIVERLESS, fix="sudo reboot", why_not="`nvidia-smi` says: mismatch")
    found = machine(
        engine=READY,
        gpus=(stale,),
        programs=frozenset({"nvidia-ctk"}),
        runtimes=frozenset({"nvidia"}),
    )
    setup = plan_setup(found, gpu=True)
    assert setup.steps == ()
    assert setup.by_hand == ("RTX 4090: `nvidia-smi` says: mismatch; `sudo reboot` ends that",)


def test_passed_through_card_is_left_alone() -> None:
    passed = replace(DRIVERLESS, driver="vfio-pci", why_not="it is handed to a virtual machine")
    setup = plan_setup(machine(engine=READY, gpus=(passed,)), gpu=True)
    assert setup.steps == ()
    assert "give it back to this machine first" in setup.by_hand[0]


def test_radeon_wants_its_groups() -> None:
    setup = plan_setup(machine(engine=READY, gpus=(RADEON,)), gpu=True)
    assert [step.command[-2:] for step in setup.steps] == [("render,video", "ann")]
    grouped = machine(engine=READY, gpus=(RADEON,), groups=frozenset({"render", "video"}))
    assert commands(grouped, gpu=True) == []


def test_kernel_without_compute_is_told() -> None:
    card = replace(RADEON, usable=False, why_not="`/dev/kfd` is not there, so it cannot compute")
    grouped = frozenset({"render", "video"})
    setup = plan_setup(machine(engine=READY, gpus=(card,), groups=grouped), gpu=True)
    assert setup.steps == ()
    assert "built without compute" in setup.by_hand[0]


def test_no_card_is_told() -> None:
    setup = plan_setup(machine(engine=READY), gpu=True)
    assert "no card of NVIDIA or AMD" in setup.by_hand[0]


def test_root_types_no_sudo() -> None:
    as_root = machine(is_root=True, user="root")
    assert "sudo" not in as_script(plan_setup(as_root, gpu=False), as_root)
