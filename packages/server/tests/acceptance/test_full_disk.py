"""A disk that is really full, below the originals and below the database."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx2
import pytest
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls, running_postgres

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = [pytest.mark.acceptance, pytest.mark.large, pytest.mark.timeout(300)]

MEGABYTE = 1024 * 1024
BIG = b"theirownwords " * 400_000


@contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """Mount a disk of so many bytes, in memory; only root may."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", str(folder))
    if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk; a limited one is in test_server_faults.py")
    try:
        yield
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leave no byte free, until the block ends."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(64 * 1024)):
                    pass
            except OSError:
                pass
        yield
    finally:
        ballast.unlink()


def client_of(deployment: Deployment, token: str) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=deployment.url, headers=headers, timeout=30)


async def upload(client: httpx2.AsyncClient, data: bytes) -> httpx2.Response:
    return await client.post("/api/v1/documents", files={"files": ("a.txt", data)})


async def total(client: httpx2.AsyncClient) -> int:
    return int((await client.post("/api/v1/tools/list_documents")).json()["total"])


def told(answer: httpx2.Response) -> tuple[int, str, str]:
    """Give a problem's status, its code and the end of what it says."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    return answer.status_code, problem["code"], problem["message"][-len("is full") :]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_full_disk_of_originals_is_told_and_leaves_nothing(
    deployment: Deployment, urls: Urls
) -> None:
    with disk(deployment.data, 4 * MEGABYTE):
        deployment.serve()
        _, token = await add_account(urls.app)
        async with client_of(deployment, token) as client:
            refused = await upload(client, BIG)
            assert told(refused) == (503, "objects-down", "is full")
            async with asyncio.timeout(20):
                while files_in(deployment.data):  # noqa: ASYNC110  the server removes them
                    await asyncio.sleep(0.1)
            assert await total(client) == 0
            with filled(deployment.data):
                assert told(await upload(client, b"theirownwords"))[:2] == (503, "objects-down")
                assert (await client.get("/health")).status_code == 200
                assert await total(client) == 0
            assert (await upload(client, b"theirownwords")).status_code == 201
            assert await total(client) == 1
        deployment.stop(deployment.processes)


async def test_full_disk_of_the_database_is_told_and_tears_nothing(deployment: Deployment) -> None:
    """What was answered as done is there afterwards, what was not is not."""
    with (
        # Another user may enter it, as the database wants, unlike the folder of this test.
        TemporaryDirectory(prefix="hearth-disk-") as name,
        disk(folder := Path(name), 400 * MEGABYTE),
        running_postgres(settings=("synchronous_commit=on",), keep=folder / "pg") as postgres,
    ):
        urls = postgres.create()
        _, token = await add_account(urls.app)
        deployment.environment |= {
            "HEARTH_DATABASE_URL": urls.app.reveal(),
            "HEARTH_RATE_LIMIT": "0",
            "HEARTH_TOKEN_RATE_LIMIT": "0",
        }
        deployment.serve()
        async with client_of(deployment, token) as client:
            with filled(folder):
                done = []
                while (answer := await add_thing(client, len(done))).status_code == 200:
                    done.append(answer.json()["name"])
                    assert len(done) < 5_000
                assert told(answer) == (503, "postgres-down", "is full")
                assert (await client.get("/health")).status_code == 200
            await asyncio.to_thread(postgres.server.ensure_postgres_running)
            async with asyncio.timeout(60):
                while (await add_thing(client, len(done))).status_code != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
            kept = await client.get(
                "/api/v1/data/neo4j", params={"collection": "nodes", "limit": 200}
            )
            done.append(f"thing {len(done)}")
            assert sorted(each["name"] for each in kept.json()["rows"]) == sorted(done)
        deployment.stop(deployment.processes)


async def add_thing(client: httpx2.AsyncClient, number: int) -> httpx2.Response:
    arguments = {"label": "x", "name": f"thing {number}", "note": os.urandom(900).hex()}
    return await client.post("/api/v1/tools/add_thing", json=arguments)
