from __future__ import annotations

import pytest
from hearth_control.deploy.errors import NotSetUpError
from hearth_control.engine.errors import EngineUnavailableError

pytestmark = pytest.mark.unit


def test_unknown_verb_named(hearth) -> None:
    said = hearth("statsu")
    assert said.code == 2
    assert said.err == ("error: hearth: there is no verb `statsu`\n\nhint: hearth status --help\n")


def test_usage_error_named(hearth) -> None:
    said = hearth("up", "--frobnicate")
    assert said.code == 2
    assert said.err == "error: hearth up: no such option `--frobnicate`\n\nhint: hearth up --help\n"


def test_json_error_alone(hearth, world) -> None:
    said = hearth("status", "--json")
    assert said.code == 10
    assert said.out == ""
    assert said.error == {
        "code": "not-set-up",
        "category": "not_found",
        "message": f"{world.home}: nothing is set up here yet",
        "hint": "hearth init",
        "details": {"home": str(world.home)},
    }


def test_cause_said_once(hearth, world, monkeypatch) -> None:
    def refuse(settings: object) -> None:
        try:
            raise OSError(111, "connection refused")
        except OSError as cause:
            msg = "docker: it does not answer"
            raise EngineUnavailableError(msg, hint="sudo systemctl start docker") from cause

    monkeypatch.setattr(type(world), "choose_engine", lambda _self, settings: refuse(settings))
    said = hearth("plan")
    assert said.code == 1
    assert said.err == (
        "error: docker: it does not answer: [Errno 111] connection refused\n\n"
        "hint: sudo systemctl start docker\n"
    )


def test_bug_leaves_report(hearth, world, monkeypatch) -> None:
    def break_(_self: object) -> None:
        msg = "a slip of ours"
        raise RuntimeError(msg)

    world.write_env("PRESET=starter\n")
    monkeypatch.setattr(type(world), "load_catalog", break_)
    said = hearth("plan")
    (report,) = (world.home / "logs").iterdir()
    assert said.code == 1
    assert said.err == (
        "error: hearth: this is a bug: RuntimeError: a slip of ours\n\n"
        f"hint: send the file {report} with what you typed\n"
    )
    assert "Traceback" not in said.err
    assert "RuntimeError: a slip of ours" in report.read_text()


def test_verbose_shows_traceback(hearth, world, monkeypatch) -> None:
    world.write_env("PRESET=starter\n")
    monkeypatch.setattr(type(world), "load_catalog", lambda _self: 1 / 0)
    said = hearth("plan", "--verbose")
    assert "ZeroDivisionError: division by zero" in said.err
    assert "Traceback (most recent call last)" in said.err


def test_interrupt_is_cancelled(hearth, world, monkeypatch) -> None:
    def interrupt(_self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(world), "load_catalog", interrupt)
    said = hearth("plan")
    assert said.code == 130
    assert said.err == "\nerror: hearth: cancelled; nothing more was changed\n"


def test_findings_listed(hearth, world) -> None:
    world.write_env("NOPE=1\nALSO_NOPE=2\n")
    said = hearth("plan")
    assert said.code == 1
    assert "(and 1 more)" in said.err
    assert said.err.count(str(world.home / ".env")) >= 2


def test_not_set_up_text() -> None:
    assert str(NotSetUpError()) == "This home holds no installation yet"
