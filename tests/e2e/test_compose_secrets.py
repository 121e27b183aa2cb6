"""Secrets must reach their container unchanged, and be nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_bench import ComposeBench, compose_bench, get_failure
from hearth_control.engine.errors import DeployLockedError
from hearth_control.engine.events import StepDone
from hearth_control.engine.wrap.audit import AuditedEngine, AuditLog
from hearth_control.engine.wrap.lock import deploy_lock

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

HOSTILE = {
    "dollar": "a$b${c}$$d$(id)`id`",
    "single": "it's 'quoted'",
    "double": 'say "hi" \\"twice\\"',
    "comment": "a #b#c ; d",
    "lines": "-----BEGIN KEY-----\nabc\r\ndef\n",
    "percent": "100%s%d%%",
    "address": "p@ss:w/o?r&d=é",
    "backslash": "a\\nb\\\\c\\",
    "spaces": "  both ends  ",
    "equals": "=a=b",
    "braces": "${HOME:-x} {{ y }}",
    "quote": "'",
    "tab": "a\tb",
    "unicode": "päßwörd☃",
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ComposeBench]:
    with compose_bench(tmp_path, secrets=HOSTILE) as made:
        yield made


def test_hostile_secrets_arrive_unchanged(bench: ComposeBench) -> None:
    environment = {key.upper(): f"${{{key.upper()}}}" for key in HOSTILE}
    # A variable of the person's shell must not win over the secret.
    bench.environment["DOLLAR"] = "from the shell"
    unit = bench.sh("holder", "exec sleep 600", spec={"environment": environment})
    log = AuditLog(home=bench.home)
    audited = AuditedEngine(bench.engine, log, name="compose")
    bench.engine = audited  # type: ignore[assignment]  # it is the same port
    events = bench.apply(unit)
    assert any(isinstance(event, StepDone) for event in events)
    for key, value in HOSTILE.items():
        said = bench.engine.execute("holder", ("printenv", "-0", key.upper()))
        assert said.stdout == value + "\0", key
    everywhere = (bench.home / "rendered" / "compose.yaml").read_text()
    everywhere += (bench.home / "audit.log").read_text() + repr(events)
    assert [key for key, value in HOSTILE.items() if len(value) > 1 and value in everywhere] == []
    mode = (bench.home / "rendered" / "secrets.env").stat().st_mode
    assert oct(mode & 0o777) == "0o600"
    assert [entry["event"] for entry in log.read()] == ["begin", "end"]


def test_lock_keeps_second_deploy_out(bench: ComposeBench) -> None:
    with deploy_lock(bench.home, command="hearth up") as holder:
        with pytest.raises(DeployLockedError) as caught, deploy_lock(bench.home):
            pytest.fail("two deploys at once")
        assert caught.value.message == (
            f"{bench.home}: `hearth up` (pid {holder.pid}) deploys since {holder.since}"
        )
    with deploy_lock(bench.home) as again:
        assert again.pid == holder.pid


def test_secret_in_error_is_hidden(bench: ComposeBench) -> None:
    word = "s3cret-w0rd-of-mine"
    bench.secrets = {"word": word}
    log = AuditLog(home=bench.home)
    bench.engine = AuditedEngine(bench.engine, log, name="compose")  # type: ignore[assignment]  # it is the same port
    failure = get_failure(bench.apply(bench.sh("bad", "true", spec={"ports": ["${WORD}"]})))
    assert "********" in failure.summary
    assert word not in repr(failure)
    assert word not in (bench.home / "audit.log").read_text()
    assert [entry.get("outcome") for entry in log.read()] == [None, "failed"]
