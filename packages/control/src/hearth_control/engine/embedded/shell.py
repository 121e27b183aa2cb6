"""What the supervisor and its units take over from the shell of whoever starts them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

INHERITED: Final = frozenset(
    {
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LOGNAME",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "USER",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)
"""What units take over from the person's shell; nothing else leaks into them."""
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def inherited(shell: Mapping[str, str]) -> dict[str, str]:
    """Keep what units may see of a shell."""
    return {key: shell[key] for key in sorted(INHERITED & shell.keys())}


def supervisor_environment(shell: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of the supervisor itself."""
    return {**inherited(shell), "PATH": shell.get("PATH") or SYSTEM_PATH}
