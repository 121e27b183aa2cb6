"""Cloudflare Access against a local issuer with real keys, and whatever may be sent in its name."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hearth_kit.clock import ManualClock
from hearth_server.adapters.cloudflare.access import CloudflareAccess
from hearth_server.capabilities.identity.errors import AccessKeysError

pytestmark = pytest.mark.integration

AUD = "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    bits = 1024 if name == "weak" else 2048
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk_of(name: str, **extra: Any) -> dict[str, Any]:
    public = key_of(name).public_key()
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True), "kid": name, **extra}


@dataclass(slots=True)
class Issuer:
    """A team at Cloudflare; `keys` are what it publishes."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk_of("one")])
    requests: int = 0
    status: int = 200
    delay: float = 0
    body: bytes | None = None

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "aud": [AUD],
            "email": "ada@example.com",
            "exp": now + 600,
            "iat": now,
            "nbf": now,
            "iss": self.url,
            "type": "app",
            "identity_nonce": "6ei69kawdKzMIAPF",
            "sub": "7335d417-61da-459d-899c-0a01c76a2f94",
        }
        claims |= changes
        return {name: value for name, value in claims.items() if value is not None}

    def sign(
        self,
        key: str = "one",
        *,
        kid: Any = "",
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        named = {"kid": key if kid == "" else kid}
        given = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(
            self.claims(**changes), key_of(key), "RS256", headers=given | (headers or {})
        )


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.requests += 1
            time.sleep(made.delay)
            body = made.body or json.dumps({"keys": made.keys}).encode()
            is_there = self.path == "/cdn-cgi/access/certs"
            self.send_response(made.status if is_there else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def access(issuer: Issuer, clock: ManualClock) -> AsyncIterator[CloudflareAccess]:
    made = CloudflareAccess(issuer.url, (AUD, "another"), clock=clock, patience_seconds=2)
    yield made
    await made.close()


async def test_person_is_known(issuer: Issuer, access: CloudflareAccess) -> None:
    found = await access.verify(issuer.sign())
    assert found is not None
    assert (found.email, found.service) == ("ada@example.com", "")
    assert 600 <= found.expires_at.timestamp() - time.time() <= 631


async def test_service_is_known_by_its_client(issuer: Issuer, access: CloudflareAccess) -> None:
    assertion = issuer.sign(email=None, sub="", identity_nonce=None, common_name="e367.access")
    found = await access.verify(assertion)
    assert found is not None
    assert (found.email, found.service) == ("", "e367.access")


async def test_second_application_is_known(issuer: Issuer, access: CloudflareAccess) -> None:
    assert await access.verify(issuer.sign(aud=["stranger", "another"])) is not None


def plain(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(issuer: Issuer) -> str:
    return f"{plain({'alg': 'none', 'kid': 'one'})}.{plain(issuer.claims())}."


def by_public_key(issuer: Issuer) -> str:
    """Sign with HMAC, and the public key, which everybody has, as its secret."""
    import hashlib
    import hmac

    pem = (
        key_of("one")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    body = f"{plain({'alg': 'HS256', 'kid': 'one'})}.{plain(issuer.claims())}"
    mac = hmac.new(pem, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def altered(issuer: Issuer) -> str:
    header, _, signature = issuer.sign().split(".")
    return f"{header}.{plain(issuer.claims(email='root@example.com'))}.{signature}"


def from_now(**shift: float) -> int:
    return int(time.time() + timedelta(**shift).total_seconds())


HOSTILE = {
    "no algorithm": unsigned,
    "public key as secret": by_public_key,
    "claims altered": altered,
    "another's key under our id": lambda issuer: issuer.sign("stranger", kid="one"),
    "unknown key": lambda issuer: issuer.sign("stranger"),
    "no key id": lambda issuer: issuer.sign(kid=None),
    "other audience": lambda issuer: issuer.sign(aud=["stranger"]),
    "no audience": lambda issuer: issuer.sign(aud=None),
    "other issuer": lambda issuer: issuer.sign(iss="https://evil.cloudflareaccess.com"),
    "no issuer": lambda issuer: issuer.sign(iss=None),
    "expired": lambda issuer: issuer.sign(exp=from_now(minutes=-1)),
    "no expiry": lambda issuer: issuer.sign(exp=None),
    "expiry no number": lambda issuer: issuer.sign(exp="soon"),
    "expiry beyond time": lambda issuer: issuer.sign(exp=10**20),
    "not valid yet": lambda issuer: issuer.sign(nbf=from_now(minutes=2)),
    "issued tomorrow": lambda issuer: issuer.sign(iat=from_now(days=1)),
    "team's own session": lambda issuer: issuer.sign(type="org"),
    "nobody": lambda issuer: issuer.sign(email=None),
    "list as address": lambda issuer: issuer.sign(email=["ada@example.com"]),
    "critical extension": lambda issuer: issuer.sign(headers={"crit": ["b64"], "b64": False}),
    "own key in header": lambda issuer: issuer.sign(
        "stranger", kid="one", headers={"jwk": jwk_of("stranger")}
    ),
    "empty": lambda _: "",
    "no token": lambda _: "a.b.c",
    "one part": lambda _: "A" * 1000,
    "100 kB": lambda _: "A" * 50_000 + "." + "A" * 50_000 + ".A",
    "deep": lambda _: plain({"alg": "RS256", "kid": "one"}) + "." + "W1tb" * 4000 + ".AAAA",
    "not ASCII": lambda _: "é.è.ê",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
async def test_forgery_names_nobody(issuer: Issuer, access: CloudflareAccess, make: Any) -> None:
    assert await access.verify(issuer.sign()) is not None
    assert await access.verify(make(issuer)) is None


async def test_clocks_may_differ_a_little(issuer: Issuer, access: CloudflareAccess) -> None:
    assert await access.verify(issuer.sign(exp=from_now(seconds=-10))) is not None
    assert await access.verify(issuer.sign(nbf=from_now(seconds=10))) is not None


async def test_keys_are_asked_for_once_an_hour(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock
) -> None:
    found = await asyncio.gather(*(access.verify(issuer.sign()) for _ in range(20)))
    assert None not in found
    clock.advance(timedelta(minutes=59))
    await access.verify(issuer.sign())
    assert issuer.requests == 1
    clock.advance(timedelta(minutes=2))
    assert await access.verify(issuer.sign()) is not None
    for _ in range(100):
        if issuer.requests == 2:
            break
        await asyncio.sleep(0.01)
    assert issuer.requests == 2


async def test_new_key_is_found(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock
) -> None:
    await access.verify(issuer.sign())
    issuer.keys = [jwk_of("two"), jwk_of("one")]
    clock.advance(timedelta(seconds=61))
    assert await access.verify(issuer.sign("two")) is not None
    assert await access.verify(issuer.sign("one")) is not None
    assert issuer.requests == 2


async def test_withdrawn_key_stops(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock
) -> None:
    await access.verify(issuer.sign())
    issuer.keys = [jwk_of("two")]
    clock.advance(timedelta(seconds=61))
    await access.verify(issuer.sign("two"))
    assert await access.verify(issuer.sign("one")) is None


async def test_invented_ids_ask_once_a_minute(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock
) -> None:
    await access.verify(issuer.sign())
    clock.advance(timedelta(seconds=61))
    for number in range(50):
        assert await access.verify(issuer.sign("stranger", kid=f"made up {number}")) is None
    assert issuer.requests == 2


FAULTS = {
    "down": {"status": 503},
    "moved": {"status": 302},
    "slow": {"delay": 3},
    "no JSON": {"body": b"<html>sign in</html>"},
    "no keys": {"body": b'{"keys": []}'},
    "weak key": {"keys": [jwk_of("weak")]},
    "key for encryption": {"keys": [jwk_of("one", use="enc")]},
    "endless": {"body": b'{"keys": [' + b" " * 300_000},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_missing_keys_are_told(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock, fault: dict[str, Any]
) -> None:
    for name, value in fault.items():
        setattr(issuer, name, value)
    for _ in range(3):
        with pytest.raises(AccessKeysError) as caught:
            await access.verify(issuer.sign())
    assert str(caught.value) == "access: the keys of Cloudflare Access cannot be fetched now"
    assert issuer.requests == 1
    issuer.status, issuer.delay, issuer.body, issuer.keys = 200, 0, None, [jwk_of("one")]
    clock.advance(timedelta(seconds=61))
    assert await access.verify(issuer.sign()) is not None


async def test_last_keys_serve_for_a_day(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock
) -> None:
    await access.verify(issuer.sign())
    issuer.status = 503
    clock.advance(timedelta(hours=23))
    assert await access.verify(issuer.sign()) is not None
    clock.advance(timedelta(hours=2))
    with pytest.raises(AccessKeysError):
        await access.verify(issuer.sign())


async def test_slow_renewal_makes_nobody_wait(
    issuer: Issuer, access: CloudflareAccess, clock: ManualClock
) -> None:
    await access.verify(issuer.sign())
    issuer.delay = 6
    clock.advance(timedelta(hours=2))
    async with asyncio.timeout(5):
        assert await access.verify(issuer.sign()) is not None


async def test_caller_who_leaves_takes_no_keys_along(
    issuer: Issuer, access: CloudflareAccess
) -> None:
    issuer.delay = 0.2
    leaving = asyncio.create_task(access.verify(issuer.sign()))
    staying = asyncio.create_task(access.verify(issuer.sign()))
    await asyncio.sleep(0.05)
    leaving.cancel()
    assert await staying is not None
    assert issuer.requests == 1


async def test_reasons_stay_in_the_log(
    issuer: Issuer, access: CloudflareAccess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="hearth_server.adapters.cloudflare")
    assertion = issuer.sign(aud=["stranger"])
    assert await access.verify(assertion) is None
    line = caplog.records[-1].__dict__
    assert (line["message"], line["reason"]) == (
        "access assertion refused",
        "InvalidAudienceError",
    )
    assert assertion not in str([each.__dict__ for each in caplog.records])
