"""The steps to Docker's engine with the compose plugin, from Docker's own repositories. Pure.

Source: https://docs.docker.com/engine/install/debian/, …/ubuntu/, …/fedora/ and
https://docs.docker.com/engine/install/linux-postinstall/ (read 2026-11)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hearth_control.host.setup.model import Machine, Setup, Step
from hearth_control.host.setup.packages import (
    install,
    refresh,
    remove,
    repository_key,
    restart,
    write_file,
)

PACKAGES: Final = (
    "docker-ce",
    "docker-ce-cli",
    "containerd.io",
    "docker-buildx-plugin",
    "docker-compose-plugin",
)
FOREIGN: Final = frozenset(
    {
        "docker.io",
        "docker-compose",
        "docker-doc",
        "podman-docker",
        "containerd",
        "runc",
        "docker",
        "docker-cli",
        "moby-engine",
    }
)
"""Packages of the distributions that cannot stand beside Docker's own."""
SITE: Final = "https://download.docker.com/linux"
KEY: Final = "/etc/apt/keyrings/docker.asc"
APT_SOURCE: Final = "/etc/apt/sources.list.d/docker.sources"
DNF_SOURCE: Final = "/etc/yum.repos.d/docker-ce.repo"
OWN_PLUGINS: Final = {"ubuntu": "docker-compose-v2", "debian": "docker-compose"}
"""The compose plugin as the distribution packages it beside `docker.io`."""


_LATE: Final = "you are in the group docker since your last log-in: log out and in again"


def docker_setup(machine: Machine) -> Setup:
    """Work out what Docker lacks here."""
    engine = machine.engine
    if engine.state in {"answers", "denied"} and engine.compose:
        version = f" {engine.version}" if engine.version else ""
        is_late = engine.state == "denied" and "docker" in machine.groups
        return Setup(
            steps=tuple(_membership(machine)),
            done=(f"Docker Engine{version} answers, with the compose plugin",),
            by_hand=(_LATE,) if is_late else (),
        )
    if engine.state == "missing":
        steps = [*_install(machine, "Docker is not installed"), *_membership(machine)]
        return Setup(steps=tuple(steps), by_hand=tuple(_start_by_hand(machine)))
    if not engine.compose:
        return _plugin_setup(machine)
    started = tuple(_start(machine, "Docker is installed and does not answer"))
    return Setup(steps=(*started, *_membership(machine)), by_hand=tuple(_start_by_hand(machine)))


def _install(machine: Machine, cause: str) -> Iterator[Step]:
    foreign = sorted(machine.packages & FOREIGN)
    if foreign:
        yield remove(machine, foreign, "they cannot stand beside Docker's own packages")
    yield from docker_repository(machine, cause)
    yield install(machine, PACKAGES, title="install Docker Engine", cause=cause)
    yield from _start(machine, "so that it also runs after the next boot")


def docker_repository(machine: Machine, cause: str) -> Iterator[Step]:
    """Give the steps that make Docker's repository known; none where it is."""
    family, release = machine.distribution.family, machine.distribution.release
    if family == "fedora":
        if DNF_SOURCE not in machine.files:
            yield install(
                machine, ("dnf-plugins-core",), title="install what adds repositories", cause=cause
            )
            yield Step(
                title="add Docker's repository",
                cause=cause,
                command=(
                    "dnf",
                    "config-manager",
                    "addrepo",
                    "--overwrite",
                    f"--from-repofile={SITE}/fedora/docker-ce.repo",
                ),
            )
        return
    if APT_SOURCE in machine.files or "/etc/apt/sources.list.d/docker.list" in machine.files:
        yield refresh(machine)
        return
    yield from repository_key(machine, f"{SITE}/{family}/gpg", KEY, owner="Docker")
    yield write_file(
        APT_SOURCE,
        "Types: deb\n"
        f"URIs: {SITE}/{family}\n"
        f"Suites: {release}\n"
        "Components: stable\n"
        f"Architectures: {machine.architecture}\n"
        f"Signed-By: {KEY}\n",
        title="add Docker's repository",
        cause=cause,
    )
    yield refresh(machine)


def _plugin_setup(machine: Machine) -> Setup:
    cause = "Docker has no compose plugin"
    own = OWN_PLUGINS.get(machine.distribution.family)
    if not machine.packages & {"docker.io"}:
        plugin = ("docker-compose-plugin",)
        steps = [
            *docker_repository(machine, cause),
            install(machine, plugin, title="install the compose plugin", cause=cause),
        ]
        return Setup(steps=(*steps, *_membership(machine)))
    if own is None or machine.distribution.release in {"bullseye", "bookworm"}:
        # What this release packages as docker-compose is version 1, which is no plugin.
        text = (
            f"{machine.distribution.name} packages no compose plugin for its `docker.io`: remove"
            " that with `sudo apt-get remove docker.io` (images and volumes stay) and run this"
            " again for Docker's own packages"
        )
        return Setup(by_hand=(text,))
    step = install(machine, (own,), title="install the compose plugin", cause=cause)
    return Setup(steps=(refresh(machine), step, *_membership(machine)))


def _start(machine: Machine, cause: str) -> Iterator[Step]:
    if machine.has_systemd:
        yield Step(
            title="start Docker",
            cause=cause,
            command=("systemctl", "enable", "--now", "docker"),
        )


def _start_by_hand(machine: Machine) -> Iterator[str]:
    if not machine.has_systemd:
        yield "there is no systemd to start Docker: run `sudo dockerd`, and see that it stays"


def _membership(machine: Machine) -> Iterator[Step]:
    if machine.is_root and machine.user == "root":
        return
    if machine.engine.state == "answers" or "docker" in machine.groups:
        return
    yield Step(
        title=f"let {machine.user} use Docker",
        cause="only members of the group docker may; they can become root through it",
        command=("usermod", "--append", "--groups", "docker", machine.user),
        after="login",
    )


def restart_docker(machine: Machine, cause: str) -> Iterator[Step]:
    """Restart the engine where something can; its containers stop for a moment."""
    if machine.has_systemd:
        yield restart("docker", cause)
