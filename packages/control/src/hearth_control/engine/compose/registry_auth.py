"""The person's sign-in at a registry, as `docker login` left it.

Source: docker/cli `config.json` (`auths`, `credHelpers`, `credsStore`) and the protocol of
https://github.com/docker/docker-credential-helpers (`get`: server on stdin, JSON on stdout).
"""

from __future__ import annotations

import base64
import binascii
import json
import subprocess
from collections.abc import Mapping
from typing import Any

from hearth_control.engine.compose.endpoint import config_folder, read_json
from hearth_control.engine.compose.reference import HUB, parse_reference

HUB_KEY = "https://index.docker.io/v1/"
HELPER_SECONDS = 10


def find_auth(image: str, environment: Mapping[str, str]) -> str:
    """Give the `X-Registry-Auth` header for an image; empty where nobody is signed in."""
    registry = parse_reference(image).registry
    key = HUB_KEY if registry == HUB else registry
    config = read_json(config_folder(environment) / "config.json")
    found = _stored(config, key) or _helped(config, key, environment)
    if not found:
        return ""
    return base64.urlsafe_b64encode(json.dumps({**found, "serveraddress": key}).encode()).decode()


def _stored(config: Mapping[str, Any], key: str) -> dict[str, str]:
    auths = config.get("auths")
    entry = auths.get(key) or auths.get(f"https://{key}") if isinstance(auths, dict) else None
    if not isinstance(entry, dict):
        return {}
    if token := entry.get("identitytoken"):
        return {"identitytoken": str(token)}
    try:
        user, _, word = base64.b64decode(entry.get("auth", "")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"username": user, "password": word} if user else {}


def _helped(config: Mapping[str, Any], key: str, environment: Mapping[str, str]) -> dict[str, str]:
    helper = (config.get("credHelpers") or {}).get(key) or config.get("credsStore")
    if not helper:
        return {}
    try:
        answer = subprocess.run(
            (f"docker-credential-{helper}", "get"),
            input=key,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=HELPER_SECONDS,
            check=True,
        )
        said = json.loads(answer.stdout)
        user, word = str(said["Username"]), str(said["Secret"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        # Public images need no sign-in; a private one's pull then says that it was refused.
        return {}
    return {"identitytoken": word} if user == "<token>" else {"username": user, "password": word}
