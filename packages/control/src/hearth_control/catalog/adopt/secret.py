"""Passwords and keys that the file writes out or takes from a variable: made by Hearth instead.

A default password is a fault of the catalog, so none of the file is taken over. Those that only
the outside world can give (a key of a provider, the mail account) are left for the person to put
there. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hearth_control.catalog.adopt.images import find_store
from hearth_control.catalog.adopt.model import Work
from hearth_control.catalog.adopt.shapes import mount_of, texts
from hearth_control.catalog.rules import is_written_out

_SECRET: Final = re.compile(
    r"(?:^|_)(?:PASS|PASSWD|PASSWORD|PWD|SECRET|TOKEN|SALT|CREDENTIALS?)(?:_|\d|$)|(?:(?<!BY)PASS|PASSWORD|PASSWD|PWD|SECRET)$"
    r"|(?:^|_)(?:API|ENCRYPTION|SIGNING|APP|MASTER|PRIVATE|ACCESS|SECRET|JWT|SESSION)_?KEY"
)
_NOT_SECRET: Final = re.compile(
    r"(?:_FILE|_PATH|_URL|_URI|_ENABLED|_DISABLED|_EXPIRY|_TTL|_LENGTH|_HEADER|_TYPE|_NAME|_ID"
    r"|_EXPIRES?(?:_IN)?|_LIFETIME|_MIN|_MAX|_POLICY|_PER_\w+)$|PUBLIC_KEY"
)
_FROM_OUTSIDE: Final = re.compile(
    r"OPENAI|ANTHROPIC|GEMINI|GROQ|MISTRAL|OPENROUTER|COHERE|DEEPSEEK|REPLICATE|HUGGING|^HF_|AZURE"
    r"|SMTP|MAIL|AWS|GITHUB|GITLAB|GOOGLE|SLACK|TELEGRAM|DISCORD|STRIPE|TWILIO|SENDGRID|CLOUDFLARE"
    r"|OIDC|OAUTH|LDAP|SAML|NOTION|DROPBOX|SPOTIFY|TMDB|PLEX|TRAKT|FACEBOOK|TWITTER|APPLE|PUSHOVER"
)
_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_USERINFO: Final = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^:/?#@\s]*:)(?P<word>[^@/\s${}]+)@")
_NO_VALUE: Final = frozenset({"", "true", "false", "none", "null"})


def is_secret_name(name: str) -> bool:
    """Tell by its name whether a variable holds a secret."""
    upper = name.upper()
    return _SECRET.search(upper) is not None and _NOT_SECRET.search(upper) is None


def settle_secrets(work: Work) -> None:
    """Replace every value that should be secret by a reference to one."""
    for name, spec in work.services.items():
        environment = spec.get("environment")
        if not isinstance(environment, dict):
            continue
        for key, value in environment.items():
            if _is_plain_secret(key, value):
                environment[key] = declare(work, key, str(value))
                where = f"services.{name}.environment.{key}"
                work.change(where, f"its value stood in the file; now {environment[key]}")
    for name, spec in work.services.items():
        for key in ("environment", "command"):
            if key in spec:
                spec[key] = _without_passwords(work, spec[key], where=f"services.{name}.{key}")


def tie_secrets(work: Work) -> None:
    """Say which secrets a store writes into its volume at its first start."""
    for spec in work.services.values():
        store = find_store(str(spec.get("image", "")))
        mounted = [mount_of(entry).source for entry in spec.get("volumes", ())]
        volume = next((one for one in mounted if one in work.volumes), None)
        if store is None or volume is None:
            continue
        used = "\n".join(texts(spec.get("environment", {})))
        for name, rule in work.secrets.items():
            if _variable(work, name) in used and rule["kind"] != "given":
                rule |= {"change": "initial", "volume": volume}


def prune(work: Work) -> None:
    """Take out secrets and settings that no text refers to any more."""
    used = "\n".join(texts(work.services))
    work.secrets = {k: rule for k, rule in work.secrets.items() if _variable(work, k) in used}
    work.variables = {k: said for k, said in work.variables.items() if f"${{{k}}}" in used}
    gone = {"x-hearth.secrets.", "x-hearth.variables."}
    kept = {f"x-hearth.secrets.{name}" for name in work.secrets}
    kept |= {f"x-hearth.variables.{name}" for name in work.variables}
    work.remarks = [
        remark
        for remark in work.remarks
        if remark.where in kept or not remark.where.startswith(tuple(gone))
    ]


def _variable(work: Work, secret: str) -> str:
    return "${" + re.sub(r"\W", "_", f"{work.name}_{secret}".upper()) + "}"


def declare(work: Work, name: str, value: str) -> str:
    """Declare a secret and give the text that refers to it, the same for the same value."""
    plain = value.replace("$$", "$")
    if plain in work.known_secrets:
        return work.known_secrets[plain]
    prefix = re.sub(r"\W", "_", work.name.upper()) + "_"
    short = re.sub(r"\W", "_", name.upper().removeprefix(prefix).lower()).strip("_") or "secret"
    rule, form = _rule(name.upper(), plain)
    work.secrets.setdefault(short, rule)
    reference = form.replace("{}", f"${{{prefix}{short.upper()}}}")
    if plain.lower() not in _NO_VALUE:
        work.known_secrets[plain] = reference
    _tell(work, short, rule)
    return reference


def _tell(work: Work, short: str, rule: Mapping[str, Any]) -> None:
    where = f"x-hearth.secrets.{short}"
    key = f"secrets/{work.name}_{short}"
    if rule["kind"] == "given":
        text = f"comes from elsewhere; put it into {key}, else it stays empty"
    else:
        text = f"made at the first start; to keep one that you have, put it into {key} before"
    if not any(remark.where == where for remark in work.remarks):
        work.guess(where, text)


def _rule(name: str, value: str) -> tuple[dict[str, Any], str]:
    """Say how a secret is made, and the text around it."""
    if _FROM_OUTSIDE.search(name) and not name.startswith(("MINIO", "MYSQL", "POSTGRES", "REDIS")):
        return {"kind": "given", "optional": True}, "{}"
    never = {"change": "never"} if re.search(r"ENCRYPT|MASTER|SALT|APP_KEY", name) else {}
    if value.startswith("base64:"):
        return {"kind": "base64", "bytes": 32, **never}, "base64:{}"
    if _HEXADECIMAL.fullmatch(value) and len(value) <= 512:
        return {"kind": "hex", "bytes": len(value) // 2, **never}, "{}"
    if re.search(r"KEY|SECRET|TOKEN|SALT", name):
        return {"kind": "hex", "bytes": 32, **never}, "{}"
    return {"kind": "password", "length": 32, **never}, "{}"


def _is_plain_secret(key: str, value: object) -> bool:
    text = "" if value is None else str(value)
    if "${" in text or text.lower() in _NO_VALUE or key.endswith("_FILE"):
        return False
    if is_written_out(key, text):
        return True
    is_count = text.isdigit() and len(text) < 4
    return is_secret_name(key) and not is_count


def _without_passwords(work: Work, value: Any, *, where: str, key: str = "") -> Any:  # noqa: ANN401  # any tree
    if isinstance(value, dict):
        return {
            name: _without_passwords(work, one, where=where, key=str(name))
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_without_passwords(work, one, where=where) for one in value]
    if not isinstance(value, str):
        return value

    def replaced(found: re.Match[str]) -> str:
        return found["before"] + declare(work, _word_for(key), found["word"]) + "@"

    text = _USERINFO.sub(replaced, value)
    for plain, reference in work.known_secrets.items():
        # A short word is as likely a part of something else.
        if len(plain) >= 8 and plain in text and where.endswith("command"):
            text = text.replace(plain, reference)
    if text != value:
        work.change(f"{where}.{key}".rstrip("."), "a password stood in it; it is a secret now")
    return text


def _word_for(key: str) -> str:
    return (re.sub(r"_?(URL|URI|DSN)$", "", key.upper()) or "ADDRESS") + "_PASSWORD"
