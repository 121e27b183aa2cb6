"""An object store that checks signatures, asked over a real socket: moto's S3 server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from hearth_control.engine.reach.ask import ask
from hearth_control.engine.reach.said import Request
from moto import settings
from moto.core.responses import ActionAuthenticatorMixin
from moto.server import ThreadedMotoServer

pytestmark = pytest.mark.integration

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A running store, an account that may do everything and one that may list nothing."""

    port: int
    owner: tuple[str, str]
    guest: tuple[str, str]

    def ask(self, user: str, password: str) -> str:
        url = f"http://127.0.0.1:{self.port}"
        return ask(Request("s3", "127.0.0.1", self.port, url, user, password)).stage


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    users = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    keys = []
    for name in ("owner", "guest"):
        users.create_user(UserName=name)
        made = users.create_access_key(UserName=name)["AccessKey"]
        keys.append((made["AccessKeyId"], made["SecretAccessKey"]))
    users.put_user_policy(UserName="owner", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    before = settings.INITIAL_NO_AUTH_ACTION_COUNT
    settings.INITIAL_NO_AUTH_ACTION_COUNT, ActionAuthenticatorMixin.request_count = 0.0, 0
    yield Store(port=port, owner=keys[0], guest=keys[1])
    settings.INITIAL_NO_AUTH_ACTION_COUNT = before
    server.stop()


def test_the_right_key_is_let_in(store: Store) -> None:
    assert store.ask(*store.owner) == "answers"


def test_an_account_that_may_not_list_is_known_all_the_same(store: Store) -> None:
    assert store.ask(*store.guest) == "answers"


def test_a_wrong_key_is_refused(store: Store) -> None:
    assert store.ask(store.owner[0], "wrong") == "auth"
    assert store.ask("nobody", store.owner[1]) == "auth"
