from __future__ import annotations

import socket
import ssl

import pytest
from hearth_control.engine.reach.ask import read_refusal
from hearth_control.engine.reach.bundle import bundle, read_said
from hearth_control.engine.reach.http import read_answer
from hearth_control.engine.reach.postgres import md5_answer, read_error, scram_answer, startup
from hearth_control.engine.reach.redis import command, read_reply
from hearth_control.engine.reach.said import Request, Said

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("status", "server", "body", "said"),
    [
        (200, "", b'{"version": "0.13.0"}', Said("answers", "HTTP 200", "0.13.0")),
        (404, "nginx/1.27.1", b"<html>", Said("answers", "HTTP 404", "nginx/1.27.1")),
        (200, "", b'["version"]', Said("answers", "HTTP 200", "")),
        (200, "", b'{"version": 3}', Said("answers", "HTTP 200", "")),
        (401, "", b"", Said("auth", "HTTP 401")),
        (403, "", b"", Said("auth", "HTTP 403")),
        (502, "nginx", b"", Said("speak", "HTTP 502")),
    ],
)
def test_http_answer_judged(status, server, body, said) -> None:
    assert read_answer(status, server, body) == said


def test_redis_command_counts_bytes() -> None:
    assert command("AUTH", "käse") == b"*2\r\n$4\r\nAUTH\r\n$5\r\nk\xc3\xa4se\r\n"


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        (b"+OK\r\n", b"", Said("answers", "+OK")),
        (b"$9\r\n", b"redis_version:7.2.4\r\n", Said("answers", "$9", "7.2.4")),
        (b"$9\r\n", b"redis_version:7.2.4\r\nvalkey_version:8.1.0", Said("answers", "$9", "8.1.0")),
        (
            b"-NOAUTH Authentication required.\r\n",
            b"",
            Said("auth", "NOAUTH Authentication required."),
        ),
        (
            b"-WRONGPASS invalid username-password pair\r\n",
            b"",
            Said("auth", "WRONGPASS invalid username-password pair"),
        ),
        (b"-LOADING Redis is loading\r\n", b"", Said("speak", "LOADING Redis is loading")),
        (
            b"HTTP/1.1 400 Bad Request\r\n",
            b"",
            Said("speak", "no Redis answer: HTTP/1.1 400 Bad Request"),
        ),
        (b"", b"", Said("speak", "it hung up")),
    ],
)
def test_redis_reply_judged(head, body, said) -> None:
    assert read_reply(head, body) == said


def test_postgres_startup_bytes() -> None:
    message = startup("n8n", "n8n")
    assert int.from_bytes(message[:4], "big") == len(message)
    assert message[4:8] == b"\x00\x03\x00\x00"
    assert message[8:].startswith(b"user\0n8n\0database\0n8n\0")
    assert message.endswith(b"\0\0")


@pytest.mark.parametrize(
    ("code", "stage"),
    [("28P01", "auth"), ("28000", "auth"), ("3D000", "auth"), ("57P03", "speak"), ("", "speak")],
)
def test_postgres_error_judged(code, stage) -> None:
    assert read_error(f"SFATAL\0C{code}\0Mno\0\0".encode()) == Said(stage, "no")


def test_md5_answer_known() -> None:
    # Worked out with md5sum: md5 of (md5 of password and user, in hex) and salt.
    answer = md5_answer("alice", "secret", b"\x01\x02\x03\x04")
    assert answer == b"md598a0412b9c31436fc53776e863350083"


def test_scram_answer_shape() -> None:
    # The challenge of RFC 7677 section 3. The proof differs, as PostgreSQL's user name is empty;
    # a real server judges it in the integration tests.
    challenge = (
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    answer = scram_answer("pencil", "rOprNGfwEbeRWgbNEkqO", challenge).decode()
    assert answer.startswith("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=")


def test_scram_stranger_refused() -> None:
    with pytest.raises(ConnectionResetError):
        scram_answer("pencil", "mine", "r=theirs,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(-2, "x"), Said("name", "there is no host `nas`")),
        (TimeoutError(), Said("connect", "no answer within 5 s")),
        (ConnectionRefusedError(), Said("connect", "connection refused: nothing listens there")),
        (ConnectionResetError(), Said("speak", "the connection was closed before an answer")),
        (OSError(113, "No route to host"), Said("connect", "no route to host")),
    ],
)
def test_refusal_read(error, said) -> None:
    assert read_refusal(error, Request("tcp", "nas", 1)) == said


def test_tls_refusal_read() -> None:
    said = read_refusal(ssl.SSLError(1, "WRONG_VERSION_NUMBER"), Request("http", "nas", 1))
    assert said.stage == "speak"
    assert said.said.startswith("TLS failed: ")


def test_bundle_holds_no_argument() -> None:
    given = bundle([Request("redis", "nas", 6379, password="hush")])  # the test's own
    assert list(given) == ["HEARTH_ASK"]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"a": 1}', "[[1"])
def test_foreign_output_is_none(text) -> None:
    assert read_said(text, 1) is None
