"""Looking for cards in a machine made of files, with programs made of scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_machine import add_nvidia, add_pci, add_program, add_radeon, write
from hearth_control.host import cards
from hearth_control.host.cards import find_cards, look_at_cards
from hearth_control.host.verdict import EngineAccess

pytestmark = pytest.mark.integration

RUNTIME = EngineAccess(runtimes=frozenset({"runc", "nvidia"}))
ANSWER = "echo 'NVIDIA GeForce RTX 4090, 24564, 570.86.10'"

Install = Callable[[str, str], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "machine"
    folder.mkdir()
    return folder


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a way to put programs on a `PATH` that holds nothing else but the shell's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return lambda name, script: add_program(folder, name, script)


def never() -> EngineAccess | None:
    pytest.fail("the engine was asked")


def test_machine_without_cards_asks_nobody(root: Path, install: Install, tmp_path: Path) -> None:
    install("nvidia-smi", f"echo asked > {tmp_path}/asked")
    add_pci(root, "0000:00:1f.6", vendor="0x8086\n", device="0x15b8\n", kind="0x020000\n")
    assert find_cards(root, ask_engine=never) == ()
    assert not (tmp_path / "asked").exists()


def test_card_and_runtime_are_found(root: Path, install: Install) -> None:
    add_nvidia(root)
    install("nvidia-smi", ANSWER)
    (card,) = find_cards(root, ask_engine=lambda: RUNTIME)
    assert (card.usable, card.name, card.vram) == (
        True,
        "NVIDIA GeForce RTX 4090",
        24564 * 1024**2,
    )


def test_card_without_driver_is_named_from_the_list(root: Path, install: Install) -> None:
    add_nvidia(root, driver="nouveau")
    write(root, "usr/share/misc/pci.ids", "10de  NVIDIA\n\t2684  AD102 [GeForce RTX 4090]\n")
    (card,) = find_cards(root, ask_engine=never)
    assert (card.usable, card.name) == (False, "NVIDIA AD102 [GeForce RTX 4090]")


def test_failing_tool_is_quoted(root: Path, install: Install) -> None:
    add_nvidia(root)
    install("nvidia-smi", "echo 'Unable to determine the device handle' >&2; exit 15")
    (card,) = find_cards(root, ask_engine=never)
    assert card.why_not == "`nvidia-smi` says: Unable to determine the device handle"


def test_hanging_tool_is_given_up(
    root: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_nvidia(root)
    install("nvidia-smi", "exec /bin/sleep 30")
    monkeypatch.setattr(cards, "TOOL_SECONDS", 0.2)
    (card,) = find_cards(root, ask_engine=never)
    assert card.why_not == "the driver is loaded and `nvidia-smi` hangs"


def test_silent_engine_is_known_by_its_file(root: Path, install: Install) -> None:
    add_nvidia(root)
    install("nvidia-smi", ANSWER)
    install("nvidia-ctk", "")
    (card,) = find_cards(root, ask_engine=lambda: None)
    assert card.why_not == "Docker does not know NVIDIA's runtime"
    runtimes = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}}
    write(root, "etc/docker/daemon.json", json.dumps(runtimes))
    assert [one.usable for one in find_cards(root, ask_engine=lambda: None)] == [True]


@pytest.mark.parametrize("text", ["not json", "[]", '{"runtimes": 3}', ""])
def test_broken_engine_file_is_no_runtime(root: Path, install: Install, text: str) -> None:
    add_nvidia(root)
    install("nvidia-smi", ANSWER)
    write(root, "etc/docker/daemon.json", text)
    assert [one.usable for one in find_cards(root, ask_engine=None)] == [False]


@pytest.mark.parametrize("folder", ["etc/cdi", "var/run/cdi"])
def test_cdi_specification_is_found(root: Path, install: Install, folder: str) -> None:
    add_nvidia(root)
    install("nvidia-smi", ANSWER)
    write(root, f"{folder}/nvidia.yaml", "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n")
    (card,) = find_cards(root, ask_engine=lambda: EngineAccess(cdi=True))
    assert card.access == "cdi"


def test_tool_of_wsl_is_found(root: Path, install: Install) -> None:
    write(root, "dev/dxg")
    add_program(root / "usr/lib/wsl/lib", "nvidia-smi", ANSWER)
    (card,) = find_cards(root, ask_engine=lambda: RUNTIME)
    assert card.usable


def test_tool_is_asked_once_a_boot(root: Path, install: Install, tmp_path: Path) -> None:
    add_nvidia(root)
    boot = write(root, "proc/sys/kernel/random/boot_id", "first\n")
    install("nvidia-smi", f"echo >> {tmp_path}/asked; {ANSWER}")
    cache = tmp_path / "cache" / "nvidia-smi.json"
    look = [find_cards(root, cache=cache, ask_engine=lambda: RUNTIME) for _ in range(2)]
    assert look[0] == look[1]
    assert (tmp_path / "asked").read_text() == "\n"
    boot.write_text("second\n")
    find_cards(root, cache=cache, ask_engine=lambda: RUNTIME)
    assert (tmp_path / "asked").read_text() == "\n\n"


def test_failure_is_not_kept(root: Path, install: Install, tmp_path: Path) -> None:
    add_nvidia(root)
    install("nvidia-smi", "exit 9")
    cache = tmp_path / "cache" / "nvidia-smi.json"
    find_cards(root, cache=cache, ask_engine=lambda: RUNTIME)
    install("nvidia-smi", ANSWER)
    assert [card.usable for card in find_cards(root, cache=cache, ask_engine=lambda: RUNTIME)] == [
        True
    ]


@pytest.mark.parametrize("kept", ["", "[]", '{"key": 1}', '{"key": "\\n", "said": 3}'])
def test_broken_cache_is_asked_again(
    root: Path, install: Install, tmp_path: Path, kept: str
) -> None:
    write(root, "dev/dxg")
    install("nvidia-smi", ANSWER)
    cache = write(tmp_path, "cache/nvidia-smi.json", kept)
    assert len(find_cards(root, cache=cache, ask_engine=lambda: RUNTIME)) == 1


def test_radeon_with_its_groups(root: Path, install: Install) -> None:
    add_radeon(root)
    (card,) = find_cards(root, ask_engine=never)
    assert (card.usable, card.vendor, card.vram) == (True, "amd", 20 * 1024**3)
    owner = (root / "dev/kfd").stat().st_gid
    assert card.groups == ((owner,) if owner else ())


def test_radeon_without_kfd(root: Path, install: Install) -> None:
    add_radeon(root)
    (root / "dev/kfd").unlink()
    (card,) = find_cards(root, ask_engine=EngineAccess)
    assert card.why_not == "`/dev/kfd` is not there, so it cannot compute"


def test_accelerator_without_display(root: Path, install: Install) -> None:
    add_pci(root, "0000:05:00.0", vendor="0x1002\n", device="0x74a1\n", kind="0x120000\n")
    facts = look_at_cards(root, ask_engine=lambda: None)
    assert [card.device for card in facts.pci] == ["74a1"]
