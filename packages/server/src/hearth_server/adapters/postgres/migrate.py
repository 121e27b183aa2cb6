"""Bring the schema up to date: ours by alembic, the job queue's by its own files.

Runs under the owner's role and an advisory lock, so a server and a worker that start at the same
moment may both call it. A migration is a pair `NNNN_name.py` (revision ids) and `NNNN_name.sql`.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, Final

import psycopg
from hearth_kit.errors import BugError, chain
from hearth_kit.secret import Secret
from psycopg import sql

from hearth_server.adapters.postgres.errors import HINT, SchemaError
from hearth_server.adapters.postgres.pool import mapped_errors

_LOCK: Final = 0x6865617274680001
_JOBS_VERSION: Final = """
create table if not exists hearth_jobs_schema (
    version text not null, applied_at timestamptz not null default now()
)
"""
# Each time, as the role may have been made since: it may call what runs as the owner, and no more.
_NAME_ADMIN: Final = "select set_config('hearth.admin_role', %s, false)"
_LET_ADMIN: Final = """
do $$
declare
    admin name := current_setting('hearth.admin_role');
    callable text;
begin
    if not exists (select from pg_roles where rolname = admin) then
        return;
    end if;
    execute format('grant usage on schema admin to %I', admin);
    for callable in
        select oid::regprocedure::text from pg_proc
        where pronamespace = 'admin'::regnamespace and prosecdef
    loop
        execute format('grant execute on function %s to %I', callable, admin);
    end loop;
end
$$
"""


def migrate(
    owner_url: Secret, app_role: str = "hearth_app", admin_role: str = "hearth_admin"
) -> None:
    """Apply every migration that this database has not seen; repeating it changes nothing.

    Where there is no `admin_role`, nobody is let into what administrators may look at.

    Raises:
        PostgresDownError: the database does not answer.
        SchemaError: a migration failed; nothing of that migration was kept.
    """
    with mapped_errors(), psycopg.connect(owner_url.reveal(), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            _upgrade(owner_url, app_role)
            _upgrade_jobs(connection, app_role)
            connection.execute(_NAME_ADMIN, (admin_role,))
            connection.execute(_LET_ADMIN)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            msg = f"postgres: the schema could not be brought up to date: {chain(error)}"
            raise SchemaError(msg, hint=_hint(error)) from error
        finally:
            if not connection.closed:
                connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))


def run_sql(operations: Any, module_file: str) -> None:  # noqa: ANN401  alembic's `op` is a module
    """Execute the `.sql` file beside a migration, with the application's role put in.

    The file is plain SQL and names that role `"hearth_app"`, in double quotes.
    """
    config = operations.get_context().config
    raw = operations.get_bind().connection.driver_connection
    if config is None or raw is None:
        msg = "migrations run through `migrate` only"
        raise BugError(msg)
    role = sql.Identifier(config.attributes["app_role"]).as_string(None)
    text = Path(module_file).with_suffix(".sql").read_text(encoding="utf-8")
    raw.execute(text.replace('"hearth_app"', role))


def _hint(error: Exception) -> str:
    if 'extension "vector"' in str(error):
        return 'psql -U postgres -d hearth -c "create extension vector"'
    return HINT


def _upgrade(owner_url: Secret, app_role: str) -> None:
    import sqlalchemy
    from alembic import command
    from alembic.config import Config

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(owner_url.reveal()),
        poolclass=sqlalchemy.NullPool,
    )
    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%")
    )
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes.update(connection=connection, app_role=app_role)
        command.upgrade(config, "head")


def _upgrade_jobs(connection: psycopg.Connection[Any], app_role: str) -> None:
    with connection.transaction():
        connection.execute(_JOBS_VERSION)
        row = connection.execute("select max(version) from hearth_jobs_schema").fetchone()
        seen = row[0] if row else None
        folder = resources.files("procrastinate.sql") / "migrations"
        files = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
        if seen == files[-1]:
            return
        if seen is None:
            schema = resources.files("procrastinate.sql") / "schema.sql"
            connection.execute(schema.read_bytes())
        for name in (name for name in files if seen is not None and name > seen):
            connection.execute((folder / name).read_bytes())
        connection.execute("insert into hearth_jobs_schema (version) values (%s)", (files[-1],))
        connection.execute(_grants(connection, app_role))


def _grants(connection: psycopg.Connection[Any], app_role: str) -> sql.Composed:
    tables = connection.execute(
        "select tablename from pg_tables where schemaname = current_schema()"
        " and tablename like 'procrastinate\\_%'"
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in sorted(tables))
    role = sql.Identifier(app_role)
    return sql.SQL(
        "grant select, insert, update, delete on {names} to {role};"
        "grant usage on all sequences in schema public to {role};"
        "grant select on hearth_jobs_schema to {role}"
    ).format(names=names, role=role)
