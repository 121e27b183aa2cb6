"""The facts of the very machine that the tests run on."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from fake_machine import write
from hearth_control.host.load import load_host

pytestmark = pytest.mark.integration


def test_machine_has_facts(tmp_path: Path) -> None:
    host = load_host(tmp_path / "not" / "there")
    assert host.system in {"linux", "darwin"}
    assert host.cpus >= 1
    assert 0 < host.memory_available <= host.memory
    assert host.disk_free > 0
    assert host.listening == {}


def test_listener_is_named(tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        assert load_host(tmp_path, ports=True).listening[port].endswith(f"(pid {os.getpid()})")
    assert port not in load_host(tmp_path, ports=True).listening


def test_machine_of_files(tmp_path: Path) -> None:
    root = tmp_path / "machine"
    write(root, "proc/meminfo", "MemTotal: 4096 kB\nMemAvailable: 1024 kB\nSwapTotal: 2048 kB\n")
    write(root, "sys/fs/cgroup/memory.max", "2097152\n")
    write(root, "sys/fs/cgroup/memory.swap.max", "0\n")
    host = load_host(tmp_path, root=root)
    assert (host.memory, host.memory_available, host.swap) == (2097152, 1048576, 0)
    assert host.gpus == ()


def test_engine_disk_follows_its_configuration(tmp_path: Path) -> None:
    root = tmp_path / "machine"
    write(root, "proc/meminfo", "MemTotal: 4096 kB\n")
    assert load_host(tmp_path, root=root).engine_disk_free is None
    write(root, "etc/docker/daemon.json", '{"data-root": "/big/docker"}')
    (root / "big/docker").mkdir(parents=True)
    found = load_host(tmp_path, root=root).engine_disk_free
    assert found is not None
    assert found > 0
