"""`./hearth` must set a fresh checkout up by itself, once, and say what to do where it cannot."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from checkouts import Checkout, environment_with, make_checkout

pytestmark = [pytest.mark.acceptance, pytest.mark.bootstrap, pytest.mark.timeout(300)]

SETTING_UP = "hearth: setting up this checkout in .venv (once, up to a minute; 400 MB on disk)"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take the network away")


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path / "my checkout")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that is set up; tests that use it leave it so."""
    checkout = make_checkout(tmp_path_factory.mktemp("ready") / "a checkout")
    done = checkout.run()
    assert done.code == 0, done.stderr
    return checkout


def test_first_run_sets_up(fresh: Checkout, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "hearth"
    link.parent.mkdir()
    link.symlink_to(fresh.script)
    done = fresh.run(program=link, cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert done.stderr.splitlines()[0] == SETTING_UP
    assert done.stderr.splitlines()[-1] == "hearth: ready"
    assert done.stdout.startswith("hearth ")
    assert not (fresh.root / "uv.lock").exists()


def test_first_run_leaves_home_alone(fresh: Checkout, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = fresh.run(HOME=str(home), XDG_CACHE_HOME="", UV_CACHE_DIR="")
    assert done.code == 0, done.stderr
    # pip asks for rustc's version to name itself, and rustup's stand-in for rustc makes its folder.
    assert [path.name for path in home.iterdir() if path.name != ".rustup"] == []


def test_second_run_is_silent(ready: Checkout) -> None:
    assert ready.run().stderr == ""


@AS_ROOT
def test_second_run_needs_no_network(ready: Checkout) -> None:
    done = ready.run("unshare", "-n")
    assert (done.code, done.stderr) == (0, "")


@AS_ROOT
def test_changed_member_needs_no_network(ready: Checkout) -> None:
    with (ready.root / "packages/kit/pyproject.toml").open("a") as file:
        file.write("# changed\n")
    done = ready.run("unshare", "-n")
    assert done.code == 0, done.stderr
    assert done.stderr.splitlines() == [
        "hearth: the checkout has changed; bringing its environment up to date",
        "hearth: ready",
    ]


@AS_ROOT
def test_first_run_without_network(fresh: Checkout) -> None:
    settings = {"UV_CACHE_DIR": str(fresh.root / "cache"), "PIP_RETRIES": "0"}
    done = fresh.run("unshare", "-n", **settings)
    assert done.code == 10
    assert done.stderr.endswith(
        "error: network: the packages of `uv` could not be fetched; what was fetched is kept, "
        "the next run goes on\n\n"
        "hint: connect to the network (or set HTTPS_PROXY), then run it again\n"
    )
    assert fresh.run().code == 0


def test_moved_checkout_is_set_up_anew(fresh: Checkout, tmp_path: Path) -> None:
    assert fresh.run().code == 0
    moved = Checkout(root=fresh.root.rename(tmp_path / "moved"))
    done = moved.run()
    assert done.code == 0, done.stderr
    assert str(tmp_path / "moved") in (moved.root / ".venv/bin/hearth").read_text()


def test_concurrent_first_runs_share_one(fresh: Checkout) -> None:
    with ThreadPoolExecutor(max_workers=3) as pool:
        runs = list(pool.map(lambda _: fresh.run(), range(3)))
    assert [run.code for run in runs] == [0, 0, 0], [run.stderr for run in runs]
    assert sum(SETTING_UP in run.stderr for run in runs) == 1


def test_killed_setup_starts_afresh(fresh: Checkout) -> None:
    with subprocess.Popen(
        (str(fresh.script), "version"),
        env=environment_with({}),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        _eventually((fresh.root / ".venv" / "pyvenv.cfg").exists)
        os.killpg(process.pid, signal.SIGKILL)
    assert not fresh.stamp.exists()
    done = fresh.run()
    assert done.code == 0, done.stderr


def test_locked_hash_binds(fresh: Checkout) -> None:
    assert fresh.run().code == 0
    lock = fresh.root / "requirements.lock"
    lines = _with_entry(lock.read_text().splitlines(), "click==")
    lock.write_text(
        "\n".join(
            re.sub("sha256:.{8}", "sha256:00000000", line) if ours else line for line, ours in lines
        )
    )
    shutil.rmtree(fresh.root / ".venv")
    done = fresh.run()
    assert done.code == 10
    assert "Hash mismatch" in done.stderr
    assert done.stderr.endswith(
        "error: requirements.lock: a downloaded package of `hearth` is not the one that was "
        "locked\n\nhint: git checkout requirements.lock\n"
    )


def test_unusable_interpreter_is_named(fresh: Checkout) -> None:
    done = fresh.run(HEARTH_PYTHON="/bin/false")
    assert done.code == 10
    assert done.stderr == (
        "error: HEARTH_PYTHON: `/bin/false` is not a Python 3.11 or newer that runs\n\n"
        "hint: unset HEARTH_PYTHON\n"
    )


def test_other_interpreter_is_taken(ready: Checkout) -> None:
    wanted = str(Path(sys.executable).resolve())
    assert ready.run(HEARTH_PYTHON=wanted).code == 0
    assert ready.stamp.read_text().splitlines()[1] == wanted
    assert ready.run(HEARTH_PYTHON=wanted).stderr == ""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may walk into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_normal_user_sets_up(open_folder: Path) -> None:
    checkout = make_checkout(open_folder / "a b")
    for path in (checkout.root, *checkout.root.rglob("*")):
        shutil.chown(path, "nobody")
    python = "/usr/bin/python3"
    done = checkout.run(user="nobody", HOME="/nonexistent", HEARTH_PYTHON=python)
    assert done.code == 0, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_unwritable_checkout_is_told(open_folder: Path) -> None:
    checkout = make_checkout(open_folder / "checkout")
    done = checkout.run(user="nobody", HOME="/nonexistent")
    assert done.code == 10
    assert done.stderr == (
        f"error: {checkout.root}: the checkout cannot be written to by `nobody`, "
        "and the set-up belongs inside it\n\n"
        f'hint: git clone "{checkout.root}" ~/hearth && ~/hearth/hearth\n'
    )


@AS_ROOT
def test_full_disk_is_told(fresh: Checkout, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    steps = (
        f'mount -t tmpfs -o size=40m tmpfs "{small}" && cp -r "{fresh.root}/." "{small}"'
        f' && exec "$@"'
    )
    done = fresh.run("unshare", "-m", "sh", "-c", steps, "sh", program=small / "hearth")
    assert done.code == 10
    assert "MiB are free\n" in done.stderr
    assert done.stderr.startswith(f"error: {small}: the set-up needs 976 MiB of disk, ")
    assert done.stderr.endswith(f'hint: df -h "{small}"\n')


def _with_entry(lines: list[str], first: str) -> Iterator[tuple[str, bool]]:
    """Pair each line of the lock with whether it is a hash of the entry."""
    inside = False
    for line in lines:
        inside = line.startswith(first) or (inside and line.startswith("    "))
        yield line, inside


def _eventually(is_true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return
        time.sleep(0.005)
    pytest.fail("it did not happen in time")
