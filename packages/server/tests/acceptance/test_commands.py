"""`hearth-server` as it is typed: output, exit codes, what is imported."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hearth_server.testing.buckets import running_bucket
from hearth_server.testing.postgres import Postgres

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = pytest.mark.acceptance

PACKAGE = Path(__file__).parents[2]


def test_help_lists_commands(deployment: Deployment) -> None:
    done = deployment.run("--help")
    assert done.returncode == 0
    assert "sign-in-link  make a link that signs somebody in once" in done.stdout


def test_unknown_command_suggests(deployment: Deployment) -> None:
    done = deployment.run("serv")
    assert done.returncode == 2
    assert done.stderr == (
        "error: `serv`: no such command, the nearest one is `serve`\n\nhint: hearth-server --help\n"
    )


def test_bad_setting_ends_clearly(deployment: Deployment) -> None:
    done = deployment.run("serve", HEARTH_PROT="1")
    assert done.returncode == 2
    assert done.stderr == (
        "error: HEARTH_PROT: unknown setting, the nearest known one is `HEARTH_PORT`\n\n"
        "hint: hearth-server settings\n"
    )


def test_taken_port_is_named(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", deployment.port)):
        done = deployment.run("serve")
    assert done.returncode == 1
    error, _, hint = done.stderr.splitlines()
    where = f"127.0.0.1:{deployment.port}"
    assert error.startswith(f"error: {where}: cannot be listened on: [Errno 98] Address already")
    assert hint == f"hint: ss --listening --tcp --processes sport = :{deployment.port}"


def test_refresh_says_how_many_it_queued(deployment: Deployment) -> None:
    assert deployment.run("refresh").stdout == "0 documents are queued to be taken in anew\n"
    assert json.loads(deployment.run("refresh", "--json").stdout) == {"queued": 0}
    nowhere = deployment.run("refresh", HEARTH_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert nowhere.returncode == 1
    error, _, hint = nowhere.stderr.splitlines()
    assert error.startswith("error: postgres: does not answer")
    assert hint == "hint: hearth status postgres"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # within botocore and moto
def test_migrate_makes_the_bucket_that_files_are_kept_in(deployment: Deployment) -> None:
    with running_bucket() as store:
        kept = {
            "HEARTH_OBJECTS": "s3",
            "HEARTH_OBJECTS_URL": store.url,
            "HEARTH_OBJECTS_BUCKET": "lambda",
            "HEARTH_OBJECTS_ACCESS_KEY": store.access_key,
            "HEARTH_OBJECTS_SECRET_KEY": store.secret_key,
        }
        for _ in range(2):
            done = deployment.run("migrate", **kept)
            assert done.returncode == 0, done.stderr
        assert "lambda" in [each["Name"] for each in store.client().list_buckets()["Buckets"]]
    done = deployment.run("migrate", **kept)
    assert done.returncode == 1
    error, _, hint = done.stderr.splitlines()
    where = f"{store.url}/lambda"
    assert error.startswith(
        f"error: objects: `{where}` is not there and cannot be made, the store says: it does not"
    )
    assert store.secret_key not in error.split()
    assert hint == "hint: hearth why lambda-server"


def test_settings_are_listed(deployment: Deployment) -> None:
    rows = json.loads(deployment.run("settings", "--json").stdout)
    assert rows[0] == {
        "key": "HEARTH_DATABASE_URL",
        "doc": "Postgres, as the role that owns nothing and that row-level security binds",
        "unit": "",
        "required": True,
    }


def test_sign_in_link_is_made(deployment: Deployment) -> None:
    made = deployment.sign_in_link()
    assert str(made["url"]).startswith(f"{deployment.url}/sign-in?link=")
    assert made["first_run"] is True
    assert made["email"] == "owner@localhost"
    assert str(made["expires_at"]).endswith("+00:00")


def test_link_for_nobody_is_refused(deployment: Deployment) -> None:
    deployment.sign_in_link()
    done = deployment.run("sign-in-link", "--email", "bob@example.com", "--json")
    assert done.returncode == 1
    assert json.loads(done.stderr) == {
        "code": "person-not-found",
        "category": "not_found",
        "message": "email: nobody here has the address `bob@example.com`",
        "hint": "hearth-server sign-in-link --email bob@example.com --create",
        "details": {},
    }


def test_link_without_schema_is_refused(deployment: Deployment, postgres: Postgres) -> None:
    urls = postgres.create(migrated=False)
    done = deployment.run("sign-in-link", HEARTH_DATABASE_URL=urls.app.reveal())
    postgres.drop(urls)
    assert done.returncode == 1
    assert "hint: hearth-server migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_makes_schema(deployment: Deployment, postgres: Postgres) -> None:
    urls = postgres.create(migrated=False)
    extra = {
        "HEARTH_DATABASE_URL": urls.app.reveal(),
        "HEARTH_DATABASE_OWNER_URL": urls.owner.reveal(),
    }
    for _ in range(2):
        done = deployment.run("migrate", **extra)
        assert (done.returncode, done.stderr) == (0, "")
    assert deployment.run("sign-in-link", **extra).returncode == 0
    postgres.drop(urls)


def test_sign_in_link_imports_little(deployment: Deployment) -> None:
    code = (
        "import sys; from hearth_server.main import main; main(['sign-in-link']); "
        "heavy = {'fastapi', 'mcp', 'pydantic', 'starlette', 'asyncpg', 'sqlalchemy', 'numpy', "
        "'procrastinate', 'jinja2'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code),
        env=deployment.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("verb", "name"), [("openapi", "openapi.json"), ("tools", "mcp-tools.json")]
)
def test_generated_file_is_fresh(deployment: Deployment, verb: str, name: str) -> None:
    done = deployment.run(verb)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (PACKAGE / name).read_text(), (
        f"run: hearth-server {verb} > packages/server/{name}"
    )
