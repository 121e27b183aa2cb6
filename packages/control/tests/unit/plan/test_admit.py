"""What does not fit the machine or what is on it already."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import (
    GIB,
    applied,
    change_unit,
    host,
    observed,
    plan,
    settings,
    small_catalog,
)
from hearth_control.catalog.model import Catalog, Container
from hearth_control.plan.admit import is_pinned, version_of
from hearth_control.plan.model import Note, Severity

pytestmark = pytest.mark.unit

STARTER = settings(preset="starter")
KEY_HINT = "hearth secrets set n8n_encryption_key"


def warning(code: str, text: str, hint: str, service: str) -> Note:
    return Note(code=code, severity=Severity.WARNING, text=text, hint=hint, service=service)


def error(code: str, text: str, hint: str, service: str) -> Note:
    return Note(code=code, severity=Severity.ERROR, text=text, hint=hint, service=service)


def test_disk_of_existing_data() -> None:
    seen = applied(plan(said=STARTER))
    assert plan(said=STARTER, machine=host(disk_free=GIB // 2), seen=seen).notes == ()


@pytest.mark.parametrize("volume", ["hearth_postgres-data", "postgres-data"])
def test_data_format_note(volume: str) -> None:
    seen = observed(volumes={volume: {"hearth.format": "16"}})
    made = plan(said=settings(services={"postgres": "container"}), seen=seen)
    assert made.errors == (
        error(
            "data-format",
            "postgres: the data in `postgres-data` was written by version 16 and cannot be opened"
            " by version 17; dump it with 16 first",
            "hearth disable postgres",
            "postgres",
        ),
    )


def test_volume_keeps_format_label() -> None:
    """A changed label would make Compose offer to recreate the volume."""
    seen = observed(volumes={"hearth_postgres-data": {"hearth.format": "16"}})
    made = plan(said=settings(services={"postgres": "container"}), seen=seen)
    assert made.volumes["postgres-data"]["labels"]["hearth.format"] == "16"
    fresh = plan(said=settings(services={"postgres": "container"}))
    assert fresh.volumes["postgres-data"]["labels"]["hearth.format"] == "17"


def with_image(image: str) -> Catalog:
    world = small_catalog()
    n8n = world.services["n8n"]
    container = n8n.containers[0]
    changed = Container(
        name="n8n", spec={**container.spec, "image": image}, memory=container.memory
    )
    services = {**world.services, "n8n": replace(n8n, containers=(changed,))}
    return replace(world, services=services)


@pytest.mark.parametrize(
    ("before", "after", "stop"),
    [
        ("1.90.0", "2.36.5", "1.123"),
        ("1.123.4", "2.36.5", "2.0"),
        ("1.90.0", "1.123.0", None),
        ("1.123.4", "2.0.3", None),
        ("2.0.1", "2.36.5", None),
        ("2.36.4", "2.36.5", None),
    ],
)
def test_upgrade_stop(before: str, after: str, stop: str | None) -> None:
    said = settings(services={"n8n": "container"})
    seen = change_unit(
        applied(plan(said=said)), "n8n", image=f"example/n8n:{before}", hash="another"
    )
    made = plan(with_image(f"example/n8n:{after}"), said=said, seen=seen)
    expected = (
        ()
        if stop is None
        else (
            error(
                "upgrade-stop",
                f"n8n: {before} cannot go to {after} at once; it must run {stop} first",
                "hearth show n8n",
                "n8n",
            ),
        )
    )
    assert made.errors == expected


def test_floating_image_note() -> None:
    made = plan(with_image("example/n8n:latest"), said=settings(services={"n8n": "container"}))
    assert made.notes == (
        warning(
            "image-floating",
            "n8n: the image `example/n8n:latest` names no version, so it may change under you",
            "hearth show n8n",
            "n8n",
        ),
    )


@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        ("n8nio/n8n:2.36.5", True),
        ("n8nio/n8n", False),
        ("n8nio/n8n:latest", False),
        ("localhost:5000/n8n", False),
        ("localhost:5000/n8n:1", True),
        ("n8nio/n8n@sha256:abc", True),
    ],
)
def test_pinned_images(image: str, pinned: bool) -> None:
    assert is_pinned(image) is pinned


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("n8nio/n8n:2.36.5", (2, 36, 5)),
        ("qdrant/qdrant:v1.16.3", (1, 16, 3)),
        ("ollama/ollama:0.32.14-rocm", (0, 32, 14)),
        ("n8nio/n8n:latest", ()),
    ],
)
def test_image_versions(image: str, version: tuple[int, ...]) -> None:
    assert version_of(image) == version


def test_lost_secret_note() -> None:
    said = settings(services={"n8n": "container"})
    seen = applied(plan(said=said))
    made = plan(said=said, seen=seen, fingerprints={"postgres_admin": "mark"})
    assert made.errors == (
        error(
            "secret-lost",
            "n8n: the secret `n8n_encryption_key` is gone, and the data in `n8n-data` was made"
            " with it; put it back",
            KEY_HINT,
            "n8n",
        ),
    )


def test_free_secret_is_made_anew() -> None:
    said = settings(services={"qdrant": "container"})
    made = plan(said=said, seen=applied(plan(said=said)), fingerprints={})
    assert made.errors == ()
    assert made.missing_secrets == ("qdrant_api_key",)
