"""Looking at a machine made of files; steps taken by programs that write down their calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from fake_machine import add_program, write
from hearth_control.host.setup.look import look_at_machine
from hearth_control.host.setup.model import Engine, Machine, Step
from hearth_control.host.setup.steps import plan_setup
from hearth_control.host.setup.take import StepFailedError, take_step

pytestmark = pytest.mark.integration

MISSING = Engine(state="missing", compose=False)
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
WRITTEN_DOWN = 'echo "$(basename "$0") $*" >> "$CALLS"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "machine", "etc/os-release", DEBIAN)
    return tmp_path / "machine"


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """A `PATH` on which every program that set-up runs only writes down its call."""
    folder = tmp_path / "bin"
    for name in ("apt-get", "curl", "systemctl", "usermod", "install", "chmod"):
        add_program(folder, name, WRITTEN_DOWN)
    add_program(folder, "dpkg-query", "exit 1")
    add_program(folder, "sudo", f'{WRITTEN_DOWN}\nexec "$@"')
    return {"PATH": f"{folder}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls")}


def look(root: Path, environment: Mapping[str, str], engine: Engine = MISSING) -> Machine:
    return look_at_machine(engine=engine, environment=environment, root=root)


def test_machine_is_looked_at(root: Path, environment: Mapping[str, str]) -> None:
    (root / "run/systemd/system").mkdir(parents=True)
    write(root, ".dockerenv")
    write(root, "etc/apt/sources.list.d/docker.list")
    found = look(root, environment)
    assert found.distribution.release == "bookworm"
    assert (found.has_systemd, found.in_container, found.has_sudo) == (True, True, True)
    assert found.files == {"/etc/apt/sources.list.d/docker.list"}
    assert not found.has_non_free


@pytest.mark.parametrize(
    ("path", "text", "known"),
    [
        ("sources.list", "deb http://deb.debian.org/debian bookworm main\n", False),
        ("sources.list", "#deb http://x bookworm contrib non-free non-free-firmware\n", False),
        ("sources.list", "deb http://x bookworm main non-free non-free-firmware\n", True),
        ("sources.list.d/debian.sources", "Components: main non-free-firmware\n", False),
        ("sources.list.d/debian.sources", "Components: main non-free non-free-firmware\n", True),
    ],
)
def test_non_free_is_known(
    root: Path, environment: Mapping[str, str], path: str, text: str, *, known: bool
) -> None:
    write(root, f"etc/apt/{path}", text)
    assert look(root, environment).has_non_free is known


def test_secure_boot_is_read_from_the_firmware(root: Path, environment: Mapping[str, str]) -> None:
    variable = write(
        root, "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    )
    variable.write_bytes(b"\x06\x00\x00\x00\x01")
    assert look(root, environment).secure_boot
    variable.write_bytes(b"\x06\x00\x00\x00\x00")
    assert not look(root, environment).secure_boot


def test_installed_packages_are_asked(
    root: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    said = "echo 'docker.io installed'; echo 'runc config-files'; exit 1"
    add_program(tmp_path / "bin", "dpkg-query", said)
    assert look(root, environment).packages == {"docker.io"}


def test_steps_are_run_in_order_with_their_input(
    root: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    add_program(tmp_path / "bin", "install", f'{WRITTEN_DOWN}\n[ "$1" = -d ] || cat >> "$CALLS"')
    (root / "run/systemd/system").mkdir(parents=True)
    machine = look(root, {**environment, "SUDO_USER": ""})
    setup = plan_setup(machine, gpu=False)
    heard: list[str] = []
    for step in setup.steps:
        take_step(step, is_root=True, environment=environment, tell=heard.append)
    calls = Path(environment["CALLS"]).read_text()
    assert calls.startswith("apt-get update\napt-get install --yes ca-certificates curl\n")
    assert "Suites: bookworm\nComponents: stable\n" in calls
    assert "systemctl enable --now docker\n" in calls


def test_sudo_is_used_by_others_than_root(environment: Mapping[str, str]) -> None:
    step = Step(title="update", cause="", command=("apt-get", "update"))
    take_step(step, is_root=False, environment=environment, tell=lambda _line: None)
    assert Path(environment["CALLS"]).read_text() == "sudo apt-get update\napt-get update\n"


def test_failing_step_says_its_last_word(environment: Mapping[str, str], tmp_path: Path) -> None:
    add_program(tmp_path / "bin", "apt-get", "echo reading; echo 'E: no network' >&2; exit 100")
    heard: list[str] = []
    step = Step(title="read the package lists", cause="", command=("apt-get", "update"))
    with pytest.raises(StepFailedError) as caught:
        take_step(step, is_root=True, environment=environment, tell=heard.append)
    assert str(caught.value) == "read the package lists: `apt-get update` exited with 100"
    assert caught.value.said == "E: no network"
    assert heard == ["reading", "E: no network"]


def test_missing_program_is_told() -> None:
    step = Step(title="update", cause="", command=("no-such-program",))
    with pytest.raises(StepFailedError) as caught:
        take_step(step, is_root=True, environment={"PATH": "/nowhere"}, tell=print)
    assert str(caught.value) == "update: `no-such-program`: no such file or directory"


def test_input_that_nobody_reads_is_no_crash(environment: Mapping[str, str]) -> None:
    step = Step(title="write", cause="", command=("false",), given="x" * 1_000_000)
    with pytest.raises(StepFailedError, match="exited with 1"):
        take_step(step, is_root=True, environment=environment, tell=lambda _line: None)
