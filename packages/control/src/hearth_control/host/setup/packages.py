"""Commands of package managers as values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hearth_control.host.setup.model import Machine, Step

_QUIET = ("env", "DEBIAN_FRONTEND=noninteractive")


def install(machine: Machine, packages: Sequence[str], *, title: str, cause: str) -> Step:
    """Install packages without a question."""
    if machine.distribution.family == "fedora":
        command: tuple[str, ...] = ("dnf", "--assumeyes", "install", *packages)
    else:
        command = (*_QUIET, "apt-get", "install", "--yes", *packages)
    return Step(title=title, cause=cause, command=command)


def remove(machine: Machine, packages: Sequence[str], cause: str) -> Step:
    """Remove packages; their data stays."""
    if machine.distribution.family == "fedora":
        command: tuple[str, ...] = ("dnf", "--assumeyes", "remove", *packages)
    else:
        command = (*_QUIET, "apt-get", "remove", "--yes", *packages)
    return Step(title=f"remove {', '.join(packages)}", cause=cause, command=command)


def refresh(machine: Machine) -> Step:
    """Read the lists of packages anew."""
    is_fedora = machine.distribution.family == "fedora"
    command = ("dnf", "makecache") if is_fedora else ("apt-get", "update")
    return Step(title="read the package lists", cause="the ones here may be old", command=command)


def repository_key(machine: Machine, url: str, path: str, *, owner: str) -> Iterator[Step]:
    """Fetch the key that a repository's packages are signed with."""
    cause = f"{owner}'s packages are signed with it"
    yield refresh(machine)
    yield install(
        machine, ("ca-certificates", "curl"), title="install what fetches keys", cause=cause
    )
    folder = path.rpartition("/")[0]
    yield Step(title=f"make {folder}", cause=cause, command=("install", "-d", "-m", "0755", folder))
    yield Step(
        title=f"fetch {owner}'s key",
        cause=cause,
        command=("curl", "--fail", "--silent", "--show-error", "--location", "-o", path, url),
    )
    # apt reads keys as a user of its own.
    yield Step(title="let apt read it", cause=cause, command=("chmod", "0644", path))


def write_file(path: str, text: str, *, title: str, cause: str) -> Step:
    """Write a file that everybody may read, with its folder."""
    command = ("install", "-D", "-m", "0644", "/dev/stdin", path)
    return Step(title=title, cause=cause, command=command, given=text)


def restart(unit: str, cause: str) -> Step:
    """Restart a unit of systemd."""
    return Step(title=f"restart {unit}", cause=cause, command=("systemctl", "restart", unit))
