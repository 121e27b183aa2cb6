"""Whatever a file holds under Compose's keys, adding it gives a service or an error with a hint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import yaml
from checkouts import CATALOG
from hearth_control.catalog.adopt.adopt import adopt
from hearth_control.catalog.adopt.model import Choices
from hearth_control.catalog.adopt.write import write
from hearth_control.catalog.load import load_catalog
from hearth_control.catalog.model import Catalog
from hearth_control.catalog.parse import parse_service
from hearth_control.deploy.found import read_given
from hearth_kit.errors import HearthError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

TEXTS = st.sampled_from(
    [
        "", "a", "db", "./x:/y", "data:/d", "8080:80", "80", "${A:-b}", "${A", "$$x", "/a:/b:ro",
        "A=1", "A", "SECRET=x", "http://db:5432", "postgres://u:p@db:5432/x", "postgres:16", "x:1",
        "/run/secrets/s", "/var/run/docker.sock:/s", "host", "1G", "no", "{", "é", "~",
    ]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-5, 99_999) | st.floats(allow_nan=False) | TEXTS
KEYS = st.sampled_from(
    [
        "image", "build", "environment", "ports", "volumes", "depends_on", "expose", "healthcheck",
        "deploy", "env_file", "networks", "secrets", "configs", "cap_add", "command", "entrypoint",
        "restart", "mem_limit", "user", "network_mode", "privileged", "x-own", "unknown", "labels",
        "hostname", "container_name", "runtime", "gpus", "extends", "logging", "links",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    ["a", "db", "file", "source", "target", "type", "POSTGRES_PASSWORD", "test", "published",
     "limits", "resources", "memory", "external", "condition", "DB_HOST", "DB_PASS", "path"]
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
SERVICES = st.dictionaries(
    st.sampled_from(["db", "web", "1", "Ä", "a b"]),
    st.dictionaries(KEYS, TREES, max_size=6) | st.none(),
    min_size=1,
    max_size=3,
)
FILES = st.fixed_dictionaries(
    {"services": SERVICES},
    optional={"volumes": TREES, "secrets": TREES, "configs": TREES, "name": SCALARS},
)


@cache
def catalog() -> Catalog:
    """Read it once; as a fixture, a failing example would print the whole of it."""
    return load_catalog(CATALOG, extra=None, cache=None)


@given(tree=FILES)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_file_is_added_or_refused(tree: object, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True))
    with refused_with_a_hint():
        found = read_given(file)
        adoption = adopt(found, Choices(name="thing", use=("postgres",)), catalog())
        if adoption.problems:
            assert all(problem.text and problem.where for problem in adoption.problems)
            return
        text = write(found.text, adoption)
        assert yaml.safe_load(text)["services"] == adoption.services
        parse_service(text, path="/s", name="thing", stack="03-apps", files={})


@contextmanager
def refused_with_a_hint() -> Iterator[None]:
    """Let a refusal pass that says what to do; anything else is a fault."""
    try:
        yield
    except HearthError as error:
        if not error.hint:
            raise
