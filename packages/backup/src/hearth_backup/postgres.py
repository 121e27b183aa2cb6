"""What PostgreSQL's own programs are asked. Pure.

Source: https://www.postgresql.org/docs/17/app-pgdump.html and app-pgrestore.html.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

_LIST = """
SELECT coalesce(json_agg(json_build_object('name', datname, 'owner', pg_get_userbyid(datdba))
                         ORDER BY datname), '[]')
FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres'
"""
_COUNT = """
SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDatabase:
    """A database of the server, and the role that owns it."""

    name: str
    owner: str


def list_databases() -> tuple[str, ...]:
    """Ask for every database but the templates and the one for upkeep."""
    return _psql("postgres", _LIST)


def parse_databases(text: str) -> tuple[FoundDatabase, ...]:
    """Read the list of databases."""
    return tuple(FoundDatabase(**one) for one in json.loads(text))


def count_tables(database: str) -> tuple[str, ...]:
    """Ask how many tables a database has."""
    return _psql(database, _COUNT)


def dump(database: str, file: str) -> tuple[str, ...]:
    """Dump a database, as it is at one moment. Uncompressed: restic finds what did not change."""
    how = ("--format=custom", "--compress=0", "--no-password")
    return ("pg_dump", *how, f"--file={file}", f"--dbname={conninfo(database)}")


def dump_roles(file: str) -> tuple[str, ...]:
    """Dump the roles without their passwords, which are Hearth's secrets."""
    return ("pg_dumpall", "--roles-only", "--no-role-passwords", "--no-password", f"--file={file}")


def load_roles(file: str) -> tuple[str, ...]:
    """Make the roles that are not there; psql goes on past those that are."""
    return (*_base("postgres"), f"--file={file}")


def drop(database: str) -> tuple[str, ...]:
    """Drop a database, whoever is connected to it."""
    return _psql("postgres", f"DROP DATABASE IF EXISTS {identifier(database)} WITH (FORCE)")


def restore(file: str) -> tuple[str, ...]:
    """Make a database anew out of its dump; the first fault ends it."""
    how = ("--create", "--exit-on-error", "--no-password", "--dbname=postgres")
    return ("pg_restore", *how, file)


def dump_file(database: str) -> str:
    """Name the file of a database's dump, relative to the stage."""
    return f"databases/{quote(database, safe='')}.dump"


def conninfo(database: str) -> str:
    """Write a database's name as a connection string, which a name with `=` would be taken for."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _base(database: str) -> tuple[str, ...]:
    how = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password")
    return ("psql", *how, f"--dbname={conninfo(database)}")


def _psql(database: str, sql: str) -> tuple[str, ...]:
    return (*_base(database), "--set=ON_ERROR_STOP=1", f"--command={sql}")
