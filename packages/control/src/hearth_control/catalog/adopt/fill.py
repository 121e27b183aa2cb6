"""Variables of the file: what the `.env` beside it said becomes settings, secrets or plain text.

A variable that a container is given becomes a setting of the service, or a secret where its name
says so. Everywhere else (images, ports, folders) its value is put in place. Pure.

Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md (read 2026-11)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hearth_control.catalog.adopt.model import Problem, Work
from hearth_control.catalog.adopt.secret import declare, is_secret_name
from hearth_control.catalog.adopt.shapes import env_files_of, environment_of, read_env

_REFERENCE: Final = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<operator>:?[-?+])(?P<argument>[^{}]*))?\})"
)
_FOR_ALL: Final = frozenset({"TZ", "DOMAIN"})
_SAMPLES: Final = (".example", ".sample", ".template", ".dist")
_DERIVED: Final = ("PORT", "PUBLIC_URL", "SOURCE", "URL", "MEMORY", "SCALE")
_KEPT: Final = ("environment", "command", "entrypoint", "healthcheck")
"""Keys whose texts planning fills in again; elsewhere a value is final."""

Settle = Callable[[str, str], str]


def sample_names(path: str) -> tuple[str, ...]:
    """Name where projects put an example of an environment file."""
    folder, slash, name = path.rpartition("/")
    bare = name.removeprefix(".")
    others = [*(f"{name}{end}" for end in _SAMPLES), f"example.{bare}", f"{bare}.example"]
    return tuple(folder + slash + other for other in others)


def fill_in(work: Work) -> None:
    """Resolve what each text of the file refers to, and read `env_file`."""
    for name, spec in work.services.items():
        _take_env_files(work, name, spec)
        if "environment" in spec:
            spec["environment"] = _passed_on(environment_of(spec["environment"]))
        for key in list(spec):
            settle = _setting(work) if key in _KEPT else _literal(work, f"services.{name}.{key}")
            spec[key] = _walk(spec[key], settle)
    _join(work)
    for name, said in list(work.volumes.items()):
        work.volumes[name] = _walk(said, _literal(work, f"volumes.{name}"))


def _join(work: Work) -> None:
    """Let a value of `env_file` follow the setting that the same line of `.env` became."""
    for spec in work.services.values():
        environment = spec.get("environment") or {}
        for name, full in work.originals.items():
            if name in environment and environment[name] == work.variables[full]:
                environment[name] = f"${{{full}}}"


def _take_env_files(work: Work, name: str, spec: dict[str, Any]) -> None:
    """Write the variables of `env_file` under `environment`, which wins over them."""
    if "env_file" not in spec:
        return
    taken: dict[str, Any] = {}
    for path, required in env_files_of(spec.pop("env_file")):
        used = _find_env_file(work, path)
        if used is None:
            if required:
                text = (
                    f"the file `{path}` that it takes variables from is not there, nor an example"
                )
                where = f"services.{name}.env_file"
                work.problems.append(Problem(kind="file", where=where, text=text))
            continue
        read = read_env(work.given.paths[used].text)
        taken |= {key: value.replace("$", "$$") for key, value in read.items()}
        of = f"`{used}`" if used == path else f"`{used}`, as `{path}` is not there"
        work.change(f"services.{name}.env_file", f"its {len(read)} variables are taken from {of}")
    spec["environment"] = {**taken, **environment_of(spec.get("environment"))}


def _find_env_file(work: Work, path: str) -> str | None:
    for candidate in (path, *sample_names(path)):
        found = work.given.paths.get(candidate)
        if found is not None and found.kind == "file":
            return candidate
    return None


def _passed_on(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Write a name without a value, which Compose takes from the shell, as the reference it is."""
    return {key: f"${{{key}:-}}" if value is None else value for key, value in environment.items()}


def _walk(value: Any, settle: Settle, key: str = "") -> Any:  # noqa: ANN401  # any tree
    if isinstance(value, str):
        return settle(key, value) if "$" in value else value
    if isinstance(value, Mapping):
        return {name: _walk(one, settle, str(name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_walk(one, settle, key) for one in value]
    return value


def _literal(work: Work, where: str) -> Settle:
    """Put the value of each reference in place."""

    def one(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$$"
        name = found["plain"] or found["name"]
        value = work.given.environment.get(name)
        operator, argument = found["operator"] or "", found["argument"] or ""
        if operator.endswith("+"):
            return argument if value else ""
        if not value and operator.endswith("-"):
            return argument
        if value is None:
            work.warn(where, f"`{name}` is set nowhere; it is taken as empty")
        return value or ""

    return lambda _key, text: _innermost(text, one)


def _setting(work: Work) -> Settle:
    """Leave a reference, to a setting or a secret of the service's own."""

    def settle(key: str, text: str) -> str:
        def one(found: re.Match[str]) -> str:
            if found["dollar"]:
                return "$$"
            return _reference(work, key, found)

        return _innermost(text, one)

    return settle


def _reference(work: Work, key: str, found: re.Match[str]) -> str:
    name = found["plain"] or found["name"]
    operator, argument = found["operator"] or "", found["argument"] or ""
    if name in _FOR_ALL:
        return f"${{{name}}}"
    if "$" in argument:
        argument = _innermost(argument, _literal_one(work))
    value = work.given.environment.get(name, "")
    default = value or (argument if operator.endswith("-") else "")
    if operator.endswith("+"):
        return argument if value else ""
    if is_secret_name(name) or (is_secret_name(key) and found.group() == found.string):
        return declare(work, name, default)
    return _variable(work, name, default, required=operator.endswith("?"))


def _literal_one(work: Work) -> Callable[[re.Match[str]], str]:
    return lambda found: work.given.environment.get(found["plain"] or found["name"] or "", "")


def _variable(work: Work, name: str, default: str, *, required: bool) -> str:
    """Declare a setting of the service's own and refer to it."""
    prefix = re.sub(r"\W", "_", work.name.upper()) + "_"
    full = name if name.startswith(prefix) else prefix + name
    if full in {prefix + part for part in _DERIVED} or not re.fullmatch(r"[A-Z][A-Z0-9_]*", full):
        return default.replace("$", "$$")
    if full not in work.variables:
        work.variables[full] = default
        work.originals[name] = full
        if required and not default:
            text = f"the file insists on `{name}`; set it: hearth settings set {full}=…"
            work.warn(f"x-hearth.variables.{full}", text)
    return f"${{{full}}}"


def _innermost(text: str, one: Callable[[re.Match[str]], str]) -> str:
    """Resolve references, those within a default first."""
    nested = re.compile(r"(\$\{[A-Za-z_]\w*:?[-+])([^{}]*\$\{[^{}]*\}[^{}]*)\}")
    while found := nested.search(text):
        inner = _REFERENCE.sub(one, found[2])
        if "${" in inner:
            # What stays a reference cannot stand within another one's default here.
            return _REFERENCE.sub(one, text.replace(found[0], inner))
        text = text.replace(found[0], f"{found[1]}{inner}}}")
    return _REFERENCE.sub(one, text)
