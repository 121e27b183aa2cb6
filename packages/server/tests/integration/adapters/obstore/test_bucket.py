"""Originals in a bucket of servers that speak S3: a real SeaweedFS, and moto's or one named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from hearth_server.adapters.obstore.bucket import make_bucket
from hearth_server.adapters.obstore.objects import BucketObjects
from hearth_server.capabilities.knowledge.errors import ObjectsDownError
from hearth_server.testing.buckets import Bucket, running_bucket
from hearth_server.testing.conformance import check_objects, read_object
from lab.absent import store_at
from lab.stores import running_seaweedfs

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(180),
    # Within the server and botocore, which the tests only stand beside.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


ACCOUNTS = {
    "identities": [
        {
            "name": "hearth",
            "credentials": [{"accessKey": "hearth", "secretKey": "a-long-secret"}],
            "actions": ["Admin:hearth"],
        }
    ]
}


@contextmanager
def seaweedfs() -> Iterator[Bucket]:
    """A bucket that its account made for itself, as the catalog gives one to each consumer."""
    with store_at(None, partial(running_seaweedfs, accounts=json.dumps(ACCOUNTS))) as url:
        made = Bucket(url=url, bucket="hearth", access_key="hearth", secret_key="a-long-secret")
        assert make_bucket(made.address(made.bucket))
        yield made


@pytest.fixture(scope="module", params=[seaweedfs, running_bucket], ids=["seaweedfs", "moto"])
def store(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    with request.param() as made:
        yield made


@pytest.fixture
def objects(store: Bucket) -> Iterator[BucketObjects]:
    yield store.open()
    store.clear()


async def test_bucket_conforms(objects: BucketObjects) -> None:
    await check_objects(objects, pytest.raises)


async def test_broken_stream_leaves_nothing(objects: BucketObjects, store: Bucket) -> None:
    """Neither an object nor parts of one, which would cost room for ever and be listed nowhere."""

    async def broken():
        for _ in range(4):
            yield b"x" * 5_000_000
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        await objects.put("user-1/documents/a", broken())
    client = store.client()
    assert client.list_objects_v2(Bucket=store.bucket).get("Contents", []) == []
    assert client.list_multipart_uploads(Bucket=store.bucket).get("Uploads", []) == []


async def test_large_object_goes_in_parts(objects: BucketObjects, store: Bucket) -> None:
    async def much():
        for number in range(20):
            yield bytes([number]) * 1_000_000

    await objects.put("user-1/documents/a", much())
    assert await read_object(objects, "user-1/documents/a") == b"".join(
        [bytes([number]) * 1_000_000 for number in range(20)]
    )
    tag = store.client().head_object(Bucket=store.bucket, Key="user-1/documents/a")["ETag"]
    # A part has 8 MB; SeaweedFS counts the pieces of 4 MB that it keeps them in.
    assert tag.strip('"').partition("-")[2] in {"3", "5"}


async def test_empty_stream_is_an_empty_object(objects: BucketObjects) -> None:
    async def nothing():
        yield b""

    await objects.put("user-1/documents/a", nothing())
    assert await read_object(objects, "user-1/documents/a") == b""
    assert await objects.list_keys("user-1/") == ["user-1/documents/a"]


async def test_prefix_is_a_folder_and_not_a_beginning(objects: BucketObjects) -> None:
    async def one():
        yield b"x"

    await objects.put("user-1/a", one())
    await objects.put("user-10/a", one())
    assert await objects.list_keys("user-1/") == ["user-1/a"]


async def test_missing_bucket_is_named(store: Bucket) -> None:
    with pytest.raises(ObjectsDownError) as caught:
        await store.open(bucket="nowhere").list_keys("user-1/")
    assert str(caught.value) == f"objects: `{store.url}/nowhere` cannot be listed"
    assert caught.value.hint == "hearth why lambda-server"


async def test_silent_store_is_named(store: Bucket) -> None:
    with pytest.raises(ObjectsDownError) as caught:
        await store.open(url="http://127.0.0.1:1").list_keys("user-1/")
    assert "http://127.0.0.1:1/hearth" in str(caught.value)
    assert store.secret_key not in str(caught.value.__cause__).split()


async def test_bucket_is_made_once_and_keeps_what_is_in_it(
    objects: BucketObjects, store: Bucket
) -> None:
    async def one():
        yield b"x"

    await objects.put("user-1/a", one())
    assert not make_bucket(store.address(store.bucket))
    assert await objects.list_keys("user-1/") == ["user-1/a"]


@pytest.mark.parametrize("store", [seaweedfs], ids=["seaweedfs"], indirect=True)
def test_bucket_that_the_store_does_not_make_is_named(store: Bucket) -> None:
    with pytest.raises(ObjectsDownError) as caught:
        make_bucket(store.address("another"))
    assert str(caught.value) == (
        f"objects: `{store.url}/another` is not there and cannot be made, the store says:"
        " 403 AccessDenied"
    )


def test_bucket_of_a_store_that_is_down_is_not_made() -> None:
    nobody = Bucket(
        url="http://127.0.0.1:1", bucket="b", access_key="a", secret_key="key-of-nobody"
    )
    with pytest.raises(ObjectsDownError) as caught:
        make_bucket(nobody.address("b"))
    assert "cannot be made, the store says: it does not answer" in str(caught.value)
