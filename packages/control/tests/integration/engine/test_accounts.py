"""The accounts that a plan writes for an object store, as a real SeaweedFS takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from hearth_control.engine.reach.ask import ask
from hearth_control.engine.reach.said import Request
from hearth_control.plan.buckets import accounts_file
from hearth_control.plan.model import Bucket
from lab.absent import store_at
from lab.stores import running_seaweedfs

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(180),
    # Within botocore.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SECRETS = {"immich": "one-long-secret", "langfuse": "another-long-secret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a store with two consumers listens."""

    url: str

    def client(self, user: str, secret: str | None = None) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=user,
            aws_secret_access_key=secret or SECRETS[user],
        )

    def ask(self, user: str, secret: str) -> str:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return ask(Request("s3", parts.hostname, parts.port, self.url, user, secret)).stage


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    held = [
        Bucket(
            provider="seaweedfs",
            consumer=name,
            name=f"{name}-files",
            user=name,
            key=f"{name}_s3",
        )
        for name in SECRETS
    ]
    text = accounts_file("seaweedfs", held).text
    for name, secret in SECRETS.items():
        text = text.replace(f"${{{name.upper()}_S3}}", secret)
    assert "${" not in text
    with store_at(None, partial(running_seaweedfs, accounts=text)) as url:
        made = Store(url=url)
        for name in SECRETS:
            made.client(name).create_bucket(Bucket=f"{name}-files")
        yield made


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return str(caught.value.response["Error"]["Code"])


def test_each_account_keeps_files_in_its_own_bucket(store: Store) -> None:
    for name in SECRETS:
        mine = store.client(name)
        mine.put_object(Bucket=f"{name}-files", Key="a/b.txt", Body=name.encode())
        assert (
            mine.get_object(Bucket=f"{name}-files", Key="a/b.txt")["Body"].read() == name.encode()
        )


def test_account_reaches_nothing_of_another(store: Store) -> None:
    store.client("langfuse").put_object(Bucket="langfuse-files", Key="secret", Body=b"x")
    thief = store.client("immich")
    theirs = {"Bucket": "langfuse-files"}
    assert refused(thief.get_object, **theirs, Key="secret") == "AccessDenied"
    assert refused(thief.put_object, **theirs, Key="secret", Body=b"y") == "AccessDenied"
    assert refused(thief.delete_object, **theirs, Key="secret") == "AccessDenied"
    assert refused(thief.list_objects_v2, **theirs) == "AccessDenied"
    assert refused(thief.delete_bucket, **theirs) == "AccessDenied"
    assert refused(thief.create_bucket, Bucket="third") == "AccessDenied"
    kept = store.client("langfuse").get_object(**theirs, Key="secret")["Body"].read()
    assert kept == b"x"


def test_nobody_comes_in_without_a_key_or_with_a_wrong_one(store: Store) -> None:
    wrong = store.client("immich", "guessed")
    assert refused(wrong.list_objects_v2, Bucket="immich-files") == "SignatureDoesNotMatch"
    anonymous = store.client("nobody", "guessed")
    assert refused(anonymous.list_objects_v2, Bucket="immich-files") == "InvalidAccessKeyId"


def test_our_question_tells_a_right_key_from_a_wrong_one(store: Store) -> None:
    assert store.ask("immich", SECRETS["immich"]) == "answers"
    assert store.ask("immich", "guessed") == "auth"
    assert store.ask("nobody", SECRETS["immich"]) == "auth"
