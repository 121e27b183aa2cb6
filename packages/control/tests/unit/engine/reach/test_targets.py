from __future__ import annotations

import pytest
from hearth_control.engine.reach.said import Said
from hearth_control.engine.reach.targets import Answer, advise, request_for, tell

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("url", "protocol", "tls"),
    [
        ("http://nas:80", "http", False),
        ("https://nas:443/v1", "http", True),
        ("rediss://nas:6379", "redis", True),
        ("postgresql://nas:5432", "postgres", False),
        ("postgres://nas:5432/x?sslmode=require", "postgres", True),
        ("bolt://nas:7687", "tcp", False),
    ],
)
def test_protocol_follows_scheme(url, protocol, tls) -> None:
    request = request_for(url, host="nas", port=1)
    assert (request.protocol, request.tls) == (protocol, tls)


def test_url_gives_credentials() -> None:
    request = request_for("postgresql://me:p%40ss@nas/shop", host="nas", port=5432)
    assert (request.user, request.password, request.database) == ("me", "p@ss", "shop")
    assert "p%40ss" not in request.url


def make_answer(stage: str, **more: str) -> Answer:
    url = more.get("url", "postgresql://nas:5432")
    request = request_for(
        url, host="nas", port=5432, user="n8n", password="hush", database="n8n"
    )  # the test's own
    said = Said(stage, more.get("said", "no"), more.get("version", ""))
    return Answer(request=request, where=more.get("where", "a container"), said=said)


def test_answer_told_whole() -> None:
    answer = make_answer("auth", said="password authentication failed")
    assert tell(answer) == (
        "postgres at nas:5432 as `n8n`, from a container: password authentication failed"
    )


def test_version_told() -> None:
    assert tell(make_answer("answers", said="signed in", version="17.2")).endswith(
        ": signed in (version 17.2)"
    )


@pytest.mark.parametrize(
    ("stage", "localhost", "where", "words"),
    [
        ("connect", True, "a container", "let it listen on more than 127.0.0.1"),
        ("connect", True, "this host", "start it, or name its port"),
        ("connect", False, "a container", "check the address and port"),
        ("name", False, "a container", "check the name in the URL"),
        ("auth", False, "this host", "make the database `n8n` and the role `n8n` there"),
        ("speak", False, "this host", ""),
    ],
)
def test_advice_by_stage(stage, localhost, where, words) -> None:
    assert advise(make_answer(stage, where=where), localhost=localhost).startswith(words)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param(
            "TLS failed: CERTIFICATE_VERIFY_FAILED: self-signed certificate in certificate chain",
            "name the authority that signed it: hearth settings set CA_FILE /path/of/ca.pem",
            id="unknown authority",
        ),
        pytest.param(
            "TLS failed: CERTIFICATE_VERIFY_FAILED: Hostname mismatch, certificate is not valid",
            "use a name that its certificate is made for in the URL",
            id="another name",
        ),
    ],
)
def test_certificate_that_is_not_believed_is_explained(said, words) -> None:
    assert advise(make_answer("speak", said=said), localhost=False) == words
