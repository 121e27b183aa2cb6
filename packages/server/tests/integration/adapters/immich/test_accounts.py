"""Immich's accounts against a local server that says what Immich says, and what it should not."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.immich.accounts import ImmichAccounts
from hearth_server.capabilities.identity.errors import ProvisioningError
from hearth_server.capabilities.identity.model import Person
from hearth_server.principal import Role

pytestmark = pytest.mark.integration

ADA = Person(id=uuid7(), email="ada@example.com", role=Role.USER)
KEY = "an-administrators-key"


@dataclass(slots=True)
class Immich:
    """The part of Immich's API that makes users; `raced` are there once somebody makes one."""

    url: str = ""
    users: list[dict[str, Any]] = field(default_factory=list)
    raced: list[dict[str, Any]] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    fault: tuple[int, bytes] | None = None

    def list_users(self) -> tuple[int, Any]:
        return 200, self.users

    def create_user(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.users += self.raced
        if {"email", "name", "password"} - set(body):
            return 400, {"message": ["email must be an email"], "statusCode": 400}
        if any(each["email"] == body["email"] for each in self.users):
            return 400, {"message": "User exists", "statusCode": 400}
        self.made.append(body)
        user = {"id": str(uuid.uuid4()), "email": body["email"], "isAdmin": False}
        self.users.append(user)
        return 201, user


@pytest.fixture
def immich() -> Iterator[Immich]:
    made = Immich()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(made.list_users)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.answer(lambda: made.create_user(body))

        def answer(self, act: Any) -> None:
            if self.path.partition("?")[0] != "/api/admin/users":
                status, data = 404, b"{}"
            elif self.headers.get("x-api-key") != KEY:
                status, data = 401, b'{"message": "Invalid API key"}'
            elif made.fault:
                status, data = made.fault
            else:
                status, value = act()
                data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


async def test_account_is_made_once(immich: Immich) -> None:
    step = ImmichAccounts(immich.url, Secret(KEY))
    first = await step.provision(ADA)
    assert await step.provision(ADA) == first
    (made,) = immich.made
    assert (made["email"], made["name"], made["shouldChangePassword"]) == (
        "ada@example.com",
        "ada",
        True,
    )
    assert len(made["password"]) == 43


async def test_account_that_is_there_is_taken(immich: Immich) -> None:
    immich.users = [{"id": "other", "email": "eve@example.com"}]
    immich.users += [{"id": "hers", "email": "Ada@Example.com"}]
    assert await ImmichAccounts(immich.url, Secret(KEY)).provision(ADA) == "hers"
    assert immich.made == []


async def test_race_is_settled(immich: Immich) -> None:
    immich.raced = [{"id": "raced", "email": "ada@example.com"}]
    assert await ImmichAccounts(immich.url, Secret(KEY)).provision(ADA) == "raced"


FAULTS = {
    "broken": ((500, b"no"), "immich: expected status 200, found 500"),
    "gateway": ((200, b"<html>sign in</html>"), "immich: answered something else than JSON"),
}


@pytest.mark.parametrize(("fault", "text"), FAULTS.values(), ids=FAULTS.keys())
async def test_fault_is_told(immich: Immich, fault: tuple[int, bytes], text: str) -> None:
    immich.fault = fault
    with pytest.raises(ProvisioningError) as caught:
        await ImmichAccounts(immich.url, Secret(KEY)).provision(ADA)
    assert str(caught.value) == text


async def test_wrong_key_is_told_and_not_shown(immich: Immich) -> None:
    with pytest.raises(ProvisioningError) as caught:
        await ImmichAccounts(immich.url, Secret("somebody's key")).provision(ADA)
    assert str(caught.value) == "immich: refuses the API key, an administrator's is needed"
    assert "somebody's key" not in str(caught.value.as_dict())


async def test_lost_service_is_told() -> None:
    with pytest.raises(ProvisioningError) as caught:
        await ImmichAccounts("http://127.0.0.1:1", Secret(KEY)).provision(ADA)
    assert str(caught.value) == "immich: does not answer"
