"""A bucket for tests: in moto's server, or in one that the environment names.

`HEARTH_TEST_S3_URL`, `_BUCKET`, `_ACCESS_KEY` and `_SECRET_KEY` name another whose bucket is empty:
so the same tests meet SeaweedFS, MinIO or AWS.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3  # type: ignore[import-untyped]  # it has no types
from hearth_kit.secret import Secret
from moto.server import ThreadedMotoServer

from hearth_server.adapters.obstore.bucket import BucketAddress, open_bucket
from hearth_server.adapters.obstore.objects import BucketObjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """How to reach a bucket."""

    url: str
    bucket: str
    access_key: str
    secret_key: str

    def open(self, **values: str) -> BucketObjects:
        """Open it by our adapter, or another at `url` or of the name `bucket`."""
        given = {"url": self.url, "bucket": self.bucket} | values
        return open_bucket(self.address(given["bucket"], url=given["url"]))

    def address(self, name: str, *, url: str = "", secret_key: str = "") -> BucketAddress:
        """Say how to reach another bucket of the same account, or this one with a wrong key."""
        return BucketAddress(
            name=name,
            url=url or self.url,
            access_key=self.access_key,
            secret_key=Secret(secret_key or self.secret_key),
        )

    def client(self) -> Any:  # noqa: ANN401  boto3 makes its classes as it runs
        """Give a client of somebody else's, to look from outside."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )

    def clear(self) -> None:
        """Remove every object."""
        client = self.client()
        for entry in client.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            client.delete_object(Bucket=self.bucket, Key=entry["Key"])


@contextmanager
def running_bucket() -> Iterator[Bucket]:
    """Give the bucket that the environment names, or else one of a server of our own."""
    url = os.environ.get("HEARTH_TEST_S3_URL")
    if url:
        keys = ("BUCKET", "ACCESS_KEY", "SECRET_KEY")
        bucket, access_key, secret_key = (os.environ[f"HEARTH_TEST_S3_{key}"] for key in keys)
        yield Bucket(url=url, bucket=bucket, access_key=access_key, secret_key=secret_key)
        return
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        made = Bucket(url=f"http://{host}:{port}", bucket="hearth", access_key="a", secret_key="b")  # noqa: S106 - moto believes anybody
        made.client().create_bucket(Bucket=made.bucket)
        yield made
    finally:
        server.stop()
