from __future__ import annotations

import pytest
from hearth_control.engine.compose.diagnose import NVIDIA, SIGNS, Signs, diagnose

pytestmark = pytest.mark.unit

TABLE = [
    pytest.param(
        "driver failed programming external connectivity on endpoint x: Bind for "
        "127.0.0.1:63042 failed: port is already allocated",
        "port 63042 of this machine is taken by another program",
        "sudo ss -ltnp 'sport = :63042'",
        id="port of the host",
    ),
    pytest.param(
        "Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use",
        "port 80 of this machine is taken by another program",
        "sudo ss -ltnp 'sport = :80'",
        id="port by the proxy",
    ),
    pytest.param(
        "Error: listen EADDRINUSE",
        "a port that the program listens on is taken already",
        "sudo ss -ltnp",
        id="port inside",
    ),
    pytest.param(
        "write /var/lib/x: no space left on device",
        "the disk is full",
        "docker system df",
        id="disk",
    ),
    pytest.param(
        "exec /bin/app: exec format error",
        "the image is built for another processor than this machine's",
        "docker image inspect --format '{{.Os}}/{{.Architecture}}' n8nio/n8n:2",
        id="processor",
    ),
    pytest.param(
        'could not select device driver "nvidia" with capabilities: [[gpu]]',
        "the engine cannot hand a graphics card to containers: its toolkit is not installed",
        NVIDIA,
        id="gpu",
    ),
    pytest.param(
        'FATAL:  password authentication failed for user "n8n"',
        "the database refuses the password: its volume was initialised with another one",
        "hearth why n8n",
        id="password",
    ),
    pytest.param(
        "FATAL: database files are incompatible with server",
        "another major version of the database wrote this volume",
        "hearth plan",
        id="format",
    ),
    pytest.param(
        "toomanyrequests: You have reached your pull rate limit.",
        "the registry's pull limit for this address is used up; people signed in have more",
        "docker login",
        id="rate limit",
    ),
    pytest.param(
        "manifest for n8nio/n8n:2 not found: manifest unknown",
        "the registry has no such image, or asks for a sign-in",
        "docker pull n8nio/n8n:2",
        id="manifest",
    ),
    pytest.param(
        "unauthorized: authentication required",
        "the registry asks for a sign-in",
        "docker login",
        id="sign-in",
    ),
    pytest.param(
        "x509: certificate has expired or is not yet valid: current time 1970-01-01",
        "a certificate is not valid at this machine's time of day, which may be wrong",
        "date --utc",
        id="clock",
    ),
    pytest.param(
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "the other side's certificate is not trusted here",
        "https://docs.docker.com/engine/security/certificates/",
        id="certificate",
    ),
    pytest.param(
        "dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host",
        "the name `registry-1.docker.io` cannot be resolved",
        "getent hosts registry-1.docker.io",
        id="dns of the host",
    ),
    pytest.param(
        "Error: getaddrinfo EAI_AGAIN postgres",
        "a host name cannot be resolved from inside the container",
        "hearth why n8n",
        id="dns inside",
    ),
    pytest.param(
        "could not find an available, non-overlapping IPv4 address pool among the defaults",
        "the engine has no free subnet left for another network",
        "docker network ls",
        id="subnets",
    ),
    pytest.param(
        "the build failed: Image hearth/lambda-server:0.1.0 Building | "
        "compose build requires buildx 0.17.0 or later",
        "Docker's plugin that builds images, buildx, is not installed or too old",
        "hearth host setup",
        id="buildx",
    ),
    pytest.param(
        "error while removing network: network hearth-role-llm id 4ec1 has active endpoints",
        "somebody else's container is in that network, or the engine counts one that is gone,"
        " which it does until it is restarted",
        "docker network inspect hearth-role-llm",
        id="stale endpoint",
    ),
    pytest.param(
        "invalid pool request: Pool overlaps with other one on this address space",
        "another installation or program took that subnet since the plan was made",
        "hearth up",
        id="subnet taken",
    ),
    pytest.param(
        "runc create failed: error setting rlimits for ready process: error setting rlimit "
        "type 7: operation not permitted",
        "the engine may not give a container the limit that its file asks for",
        "hearth show n8n",
        id="rlimit",
    ),
    pytest.param(
        'exec: "nope": executable file not found in $PATH: unknown',
        "the image has no such program",
        "docker image inspect --format '{{json .Config.Entrypoint}}' n8nio/n8n:2",
        id="program",
    ),
    pytest.param(
        "invalid mount config: bind source path does not exist: /x",
        "something that the container mounts is not there, or is a folder where a file belongs",
        "hearth up",
        id="mount",
    ),
    pytest.param(
        "open /x: read-only file system",
        "the program writes where its container is read-only",
        "hearth show n8n",
        id="read-only",
    ),
    pytest.param(
        "mkdir: cannot create directory '/data/x': Permission denied",
        "the program may not write to its volume: its files belong to another user",
        "docker inspect --format '{{json .Mounts}}' n8n-worker",
        id="volume",
    ),
    pytest.param(
        "connect ECONNREFUSED 10.0.0.2:5432",
        "something that it needs does not listen yet",
        "hearth why n8n",
        id="refused",
    ),
]


@pytest.mark.parametrize(("text", "cause", "hint"), TABLE)
def test_sign_gives_cause_and_hint(text: str, cause: str, hint: str) -> None:
    signs = Signs(text=text, unit="n8n-worker", service="n8n", image="n8nio/n8n:2")
    found = diagnose(signs)
    assert (found.cause, found.hint) == (cause, hint)


def test_every_sign_is_in_the_table() -> None:
    texts = [str(param.values[0]) for param in TABLE]
    met = {next(sign for sign in SIGNS if sign.pattern.search(text)) for text in texts}
    assert met == set(SIGNS)


def test_memory_comes_before_the_log() -> None:
    signs = Signs(text="no space left on device", unit="x", service="open-webui", oom=True)
    found = diagnose(signs)
    assert found.cause == "the container needed more memory than its limit and the kernel ended it"
    assert found.hint == "hearth settings explain OPEN_WEBUI_MEMORY"


@pytest.mark.parametrize(
    ("code", "cause"),
    [(137, "it was killed, which is mostly a lack of memory"), (1, ""), (None, "")],
)
def test_exit_code_is_the_last_sign(code: int | None, cause: str) -> None:
    found = diagnose(Signs(text="nothing known", unit="x", exit_code=code))
    assert (found.cause, found.hint) == (cause, "hearth logs x")
