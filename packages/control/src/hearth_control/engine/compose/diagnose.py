"""Known causes of failures, from the signs that they leave. Pure.

Each row was seen in issue threads of self-hosted stacks: the text that programs and the engine
print, what it means, and one command that leads on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NVIDIA = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a failure: the texts of engine, probe and log, and how it ended."""

    text: str
    unit: str = ""
    service: str = ""
    image: str = ""
    exit_code: int | None = None
    oom: bool = False

    @property
    def words(self) -> dict[str, str]:
        """Give the words that a row's texts may use."""
        service = self.service or self.unit
        setting = service.upper().replace("-", "_")
        return {"unit": self.unit, "service": service, "image": self.image, "setting": setting}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The known cause, and one command or page that leads on."""

    cause: str
    hint: str


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: a pattern, and what it means; the pattern's named groups may be used in both."""

    pattern: re.Pattern[str]
    cause: str
    hint: str


def _sign(pattern: str, cause: str, hint: str) -> Sign:
    return Sign(re.compile(pattern, re.IGNORECASE), cause, hint)


OOM = Diagnosis(
    cause="the container needed more memory than its limit and the kernel ended it",
    hint="hearth settings explain {setting}_MEMORY",
)

_SUBNET_TAKEN = r"pool overlaps with other one"

SIGNS: tuple[Sign, ...] = (
    _sign(
        r":(?P<port>\d+)[^\n]{0,80}(port is already allocated|address already in use)",
        "port {port} of this machine is taken by another program",
        "sudo ss -ltnp 'sport = :{port}'",
    ),
    _sign(
        r"address already in use|EADDRINUSE",
        "a port that the program listens on is taken already",
        "sudo ss -ltnp",
    ),
    _sign(
        r"no space left on device|ENOSPC|disk quota exceeded",
        "the disk is full",
        "docker system df",
    ),
    _sign(
        r"exec format error",
        "the image is built for another processor than this machine's",
        "docker image inspect --format '{{{{.Os}}}}/{{{{.Architecture}}}}' {image}",
    ),
    _sign(
        r"could not select device driver|nvidia-container-cli|invalid runtime name: nvidia",
        "the engine cannot hand a graphics card to containers: its toolkit is not installed",
        NVIDIA,
    ),
    _sign(
        r"password authentication failed|28P01",
        "the database refuses the password: its volume was initialised with another one",
        "hearth why {service}",
    ),
    _sign(
        r"database files are incompatible with server|initialized by PostgreSQL version",
        "another major version of the database wrote this volume",
        "hearth plan",
    ),
    _sign(
        r"toomanyrequests|rate limit",
        "the registry's pull limit for this address is used up; people signed in have more",
        "docker login",
    ),
    _sign(
        r"manifest unknown|manifest for \S+ not found|no such image|pull access denied"
        r"|repository does not exist",
        "the registry has no such image, or asks for a sign-in",
        "docker pull {image}",
    ),
    _sign(
        r"unauthorized|authentication required|denied: requested access",
        "the registry asks for a sign-in",
        "docker login",
    ),
    _sign(
        r"x509: certificate has expired or is not yet valid",
        "a certificate is not valid at this machine's time of day, which may be wrong",
        "date --utc",
    ),
    _sign(
        r"x509:|certificate verify failed|self.signed certificate",
        "the other side's certificate is not trusted here",
        "https://docs.docker.com/engine/security/certificates/",
    ),
    _sign(
        r"lookup (?P<name>\S+?)(:| on )[^\n]*(no such host|server misbehaving|i/o timeout)",
        "the name `{name}` cannot be resolved",
        "getent hosts {name}",
    ),
    _sign(
        r"temporary failure in name resolution|name or service not known|ENOTFOUND|EAI_AGAIN"
        r"|could not translate host name|no such host",
        "a host name cannot be resolved from inside the container",
        "hearth why {service}",
    ),
    _sign(
        _SUBNET_TAKEN,
        "another installation or program took that subnet since the plan was made",
        "hearth up",
    ),
    _sign(
        r"network (?P<name>\S+) id \S+ has active endpoints",
        "somebody else's container is in that network, or the engine counts one that is gone,"
        " which it does until it is restarted",
        "docker network inspect {name}",
    ),
    _sign(
        r"error setting rlimit",
        "the engine may not give a container the limit that its file asks for",
        "hearth show {service}",
    ),
    _sign(
        r"non-overlapping IPv4 address pool",
        "the engine has no free subnet left for another network",
        "docker network ls",
    ),
    _sign(
        r"requires buildx|buildx[^\n]{0,40}(is missing|not found|not installed)",
        "Docker's plugin that builds images, buildx, is not installed or too old",
        "hearth host setup",
    ),
    _sign(
        r"executable file not found in \$PATH|exec: \"[^\"]*\": (stat|permission)",
        "the image has no such program",
        "docker image inspect --format '{{{{json .Config.Entrypoint}}}}' {image}",
    ),
    _sign(
        r"(error mounting|bind source path does not exist|not a directory: unknown)",
        "something that the container mounts is not there, or is a folder where a file belongs",
        "hearth up",
    ),
    _sign(
        r"read-only file ?system|EROFS",
        "the program writes where its container is read-only",
        "hearth show {service}",
    ),
    _sign(
        r"permission denied|EACCES|operation not permitted|EPERM",
        "the program may not write to its volume: its files belong to another user",
        "docker inspect --format '{{{{json .Mounts}}}}' {unit}",
    ),
    _sign(
        r"connection refused|ECONNREFUSED",
        "something that it needs does not listen yet",
        "hearth why {service}",
    ),
)

EXIT_CODES: dict[int, str] = {
    126: "the command was found and may not be run",
    127: "the command was not found",
    132: "the program uses instructions that this processor does not have",
    134: "the program aborted itself",
    137: "it was killed, which is mostly a lack of memory",
    139: "the program crashed (segmentation fault)",
}


def diagnose(signs: Signs) -> Diagnosis:
    """Give the known cause; empty where no sign is known, with the logs as the way on."""
    if signs.oom:
        return _filled(OOM, signs.words)
    for sign in SIGNS:
        if found := sign.pattern.search(signs.text):
            words = signs.words | {key: value or "" for key, value in found.groupdict().items()}
            return _filled(Diagnosis(cause=sign.cause, hint=sign.hint), words)
    cause = EXIT_CODES.get(signs.exit_code or 0, "")
    return _filled(Diagnosis(cause=cause, hint="hearth logs {unit}"), signs.words)


def is_subnet_taken(text: str) -> bool:
    """Whether the engine says that a network's subnet went to somebody else."""
    return re.search(_SUBNET_TAKEN, text, re.IGNORECASE) is not None


def _filled(diagnosis: Diagnosis, words: dict[str, str]) -> Diagnosis:
    return Diagnosis(cause=diagnosis.cause.format_map(words), hint=diagnosis.hint.format_map(words))
