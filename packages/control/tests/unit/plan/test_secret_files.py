"""Files with secrets in them: what a container asks for, what the engine lays there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import plan, settings, small_catalog
from hearth_control.catalog.model import Catalog, Container
from hearth_control.plan.lint import lint
from hearth_control.plan.model import ContainerUnit, Plan, SecretFile, SecretUse
from hearth_control.render.compose import render_compose
from hearth_control.secrets.handed import content_of, value_of
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit


def catalog_with(environment: dict[str, str], files: dict[str, str]) -> Catalog:
    """Let n8n of the small catalog read its secrets from files."""
    small = small_catalog()
    n8n = small.services["n8n"]
    (first, *rest) = n8n.containers
    container: Container = replace(first, spec={**first.spec, "environment": environment})
    changed = replace(n8n, containers=(container, *rest), secret_files=files)
    return replace(small, services={**small.services, "n8n": changed})


def made(environment: dict[str, str], files: dict[str, str] | None = None) -> Plan:
    return plan(
        catalog_with(environment, files or {}),
        said=settings(services={"n8n": "container"}),
    )


def unit(made: Plan, name: str) -> ContainerUnit:
    found = made.unit(name)
    assert isinstance(found, ContainerUnit)
    return found


KEY_FILE = {"KEY_FILE": "${N8N_ENCRYPTION_KEY_FILE}"}


def test_file_of_a_secret_is_mounted_and_no_variable() -> None:
    found = unit(made(KEY_FILE), "n8n")
    path = "/run/secrets/n8n_encryption_key"
    assert found.spec["environment"] == {"KEY_FILE": path}
    assert found.spec["secrets"] == [{"source": "n8n_encryption_key", "target": path}]
    assert found.secrets == (SecretUse(key="n8n_encryption_key", file=path),)
    assert found.secret_files == (
        SecretFile(name="n8n_encryption_key", target=path, text="${N8N_ENCRYPTION_KEY}"),
    )


def test_secret_that_is_only_mounted_is_not_in_the_environment_file() -> None:
    artifacts = render_compose(made(KEY_FILE))
    assert "N8N_ENCRYPTION_KEY" not in artifacts.secret_variables
    assert "n8n_encryption_key" in [file.name for file in artifacts.secret_files]
    assert "file: ../mounted/n8n_encryption_key" in artifacts.files["compose.yaml"]


def test_text_with_secrets_joins_the_network_of_the_role_that_it_names() -> None:
    text = "postgresql://n8n:${N8N_DB_PASSWORD}@${POSTGRES_HOST}/n8n"
    planned = made({"URL_FILE": "${N8N_DATABASE_URL_FILE}"}, {"database_url": text})
    found = unit(planned, "n8n")
    (file,) = found.secret_files
    assert file.text == "postgresql://n8n:${N8N_DB_N8N__URL}@postgres/n8n"
    joined = set(found.spec["networks"]) & set(unit(planned, "postgres").spec["networks"])
    assert joined
    assert lint(planned) == ()


def test_address_holds_a_hostile_password_encoded() -> None:
    file = SecretFile(name="x", target="/x", text="pg://u:${A_B__URL}@h ${A_B} $$5")
    content = content_of(file, {"a_b": Secret("p@ss w%/ü$")})
    assert content == "pg://u:p%40ss%20w%25%2F%C3%BC%24@h p@ss w%/ü$ $5"


def test_only_the_form_for_addresses_is_encoded() -> None:
    assert value_of("A__URL", Secret("a@b")) == "a%40b"
    assert value_of("A", Secret("a@b")) == "a@b"


def test_other_text_in_a_file_changes_the_hash() -> None:
    env = {"F": "${N8N_CONF_FILE}"}
    one = unit(made(env, {"conf": "pass ${N8N_ENCRYPTION_KEY}"}), "n8n")
    two = unit(made(env, {"conf": "password ${N8N_ENCRYPTION_KEY}"}), "n8n")
    assert one.hash != two.hash


def test_job_that_makes_databases_reads_passwords_from_files() -> None:
    found = unit(made({}), "postgres-provision").spec
    assert found["environment"]["N8N_DB_N8N_FILE"] == "/run/secrets/n8n_db_n8n"
    assert "${N8N_DB_N8N}" not in str(found)
