"""Links, limits, provisioning and lists in PostgreSQL: what many at once may not break."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.meters import MemoryMeters
from hearth_server.adapters.postgres.identity import PostgresAdmissions, PostgresTokens
from hearth_server.adapters.postgres.identity_news import IdentityNews
from hearth_server.adapters.postgres.links import PostgresLinks
from hearth_server.adapters.postgres.meters import PostgresMeters
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.provisioning import PostgresProvisioning
from hearth_server.capabilities.identity.cache import PrincipalCache
from hearth_server.capabilities.identity.model import (
    ApiToken,
    Limits,
    Person,
    ProvisioningState,
    RedeemOutcome,
)
from hearth_server.capabilities.identity.ports import Meters
from hearth_server.principal import Role
from hearth_server.testing.identity import LATER, NOW
from hearth_server.testing.postgres import Urls
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.integration


async def admit(database: Database, email: str, *, is_admin: bool = False) -> Person:
    return await PostgresAdmissions(database).admit(
        email, is_service=False, is_admin=is_admin, new_id=uuid7(), now=NOW
    )


async def add_token(database: Database, person: Person, name: str) -> ApiToken:
    token = ApiToken(
        id=uuid7(),
        name=name,
        scopes=("act-for",),
        created_at=NOW,
        expires_at=LATER,
        last_used_at=None,
        groups=("knowledge",),
    )
    await PostgresTokens(database).add_token(person.id, token, digest=token.id.bytes * 2)
    return token


async def test_first_requests_make_one_account(database: Database) -> None:
    found = await asyncio.gather(*(admit(database, "ada@example.com") for _ in range(20)))
    assert len({each.id for each in found}) == 1
    assert found[0].role is Role.USER


async def test_administrator_is_made_not_unmade(database: Database) -> None:
    await admit(database, "ada@example.com")
    assert (await admit(database, "ada@example.com", is_admin=True)).role is Role.ADMIN
    assert (await admit(database, "ada@example.com")).role is Role.ADMIN


async def test_code_makes_one_link(database: Database) -> None:
    ada = await admit(database, "ada@example.com")
    root = await admit(database, "root@example.com")
    bot = await add_token(database, root, "bot")
    links = PostgresLinks(database)
    await links.add_code(ada.id, b"c" * 32, scopes=["knowledge:read"], now=NOW, until=LATER)
    outcomes = await asyncio.gather(
        *(
            links.redeem(root.id, bot.id, b"c" * 32, name="bot", new_id=uuid7(), now=NOW)
            for _ in range(5)
        )
    )
    assert sorted(each for each, _ in outcomes) == [RedeemOutcome.LINKED] + [RedeemOutcome.USED] * 4
    (made,) = (made for _, made in outcomes if made)
    found = await links.find_represented(made.id, service_id=root.id, token_id=bot.id, now=NOW)
    assert found is not None
    assert (found.person, found.service, found.scopes) == (ada, "bot", {"knowledge:read"})
    (listed,) = await links.list_links(ada.id)
    assert (listed.id, listed.service, listed.last_used_at) == (made.id, "bot", NOW)
    assert await links.list_links(root.id) == ()


async def link(database: Database) -> tuple[Person, Person, ApiToken, UUID]:
    ada = await admit(database, "ada@example.com")
    root = await admit(database, "root@example.com")
    bot = await add_token(database, root, "bot")
    links = PostgresLinks(database)
    await links.add_code(ada.id, b"c" * 32, scopes=["knowledge:read"], now=NOW, until=LATER)
    _, made = await links.redeem(root.id, bot.id, b"c" * 32, name="bot", new_id=uuid7(), now=NOW)
    assert made is not None
    return ada, root, bot, made.id


async def test_link_serves_nobody_else(database: Database) -> None:
    ada, root, bot, link_id = await link(database)
    other = await add_token(database, root, "other")
    links = PostgresLinks(database)
    for service, token in (
        (root.id, other.id),
        (root.id, None),
        (ada.id, bot.id),
        (uuid4(), bot.id),
    ):
        found = await links.find_represented(link_id, service_id=service, token_id=token, now=NOW)
        assert found is None
    assert await links.remove_link(root.id, link_id, now=NOW) is False


async def test_stale_codes_are_told(database: Database) -> None:
    ada = await admit(database, "ada@example.com")
    links = PostgresLinks(database)
    await links.add_code(ada.id, b"c" * 32, scopes=["knowledge:read"], now=NOW, until=NOW)
    for code, told in ((b"c" * 32, RedeemOutcome.EXPIRED), (b"d" * 32, RedeemOutcome.UNKNOWN)):
        outcome, made = await links.redeem(ada.id, None, code, name="bot", new_id=uuid7(), now=NOW)
        assert (outcome, made) == (told, None)


async def test_links_go_with_their_token(database: Database) -> None:
    ada, root, bot, _ = await link(database)
    await PostgresTokens(database).remove_token(root.id, bot.id)
    assert await PostgresLinks(database).list_links(ada.id) == ()


async def test_events_are_ones_own_and_stay(database: Database, urls: Urls) -> None:
    ada, root, _, link_id = await link(database)
    links = PostgresLinks(database)
    await links.note(ada.id, "called", by="bot", link_id=link_id, detail="x", now=LATER)
    assert [each.event for each in await links.list_events(ada.id, limit=9)] == ["called", "linked"]
    assert await links.list_events(root.id, limit=9) == ()
    for statement in ("delete from identity.events", "update identity.events set detail = ''"):
        with (
            psycopg.connect(urls.app.reveal()) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


FORBIDDEN = [
    "select * from identity.meters",
    "update identity.links set scopes = array['tokens:write']",
    "select * from identity.link_codes",
    (
        "insert into identity.links (id, user_id, service_id, service, scopes, created_at)"
        " values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', array['a'], now())"
    ),
    "update identity.tokens set groups = null",
    "select identity.redeem_code('\\x00', gen_random_uuid(), null, 'x', now())",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_server_role_may_not(urls: Urls, statement: str) -> None:
    with (
        psycopg.connect(urls.app.reveal()) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


async def test_lists_are_kept_apart_and_short(database: Database) -> None:
    ada = await admit(database, "ada@example.com")
    eve = await admit(database, "eve@example.com")
    laptop, phone = [await add_token(database, ada, name) for name in ("laptop", "phone")]
    tokens = PostgresTokens(database)
    await tokens.enable_tools(ada.id, laptop.id, ["a", "b"], most=3)
    await tokens.enable_tools(ada.id, laptop.id, ["c", "d", "a"], most=3)
    await tokens.enable_tools(ada.id, None, ["own"], most=3)
    await tokens.enable_tools(eve.id, phone.id, ["hers"], most=3)

    async def listed(token: ApiToken) -> frozenset[str]:
        holder = await tokens.find_holder(token.id.bytes * 2, now=NOW)
        assert holder is not None
        assert (holder.token_id, holder.groups) == (token.id, {"knowledge"})
        return holder.enabled_tools

    assert await listed(laptop) == {"a", "c", "d"}
    assert await listed(phone) == frozenset()
    assert (await admit(database, "ada@example.com")).enabled_tools == {"own"}
    assert (await admit(database, "eve@example.com")).enabled_tools == frozenset()


PERSON = Limits(per_minute=60, burst=10, per_day=30)
TOKEN = Limits(per_minute=60, burst=4, per_day=0)


@pytest.fixture(params=["postgres", "memory"])
async def meters(request: pytest.FixtureRequest, database: Database) -> Meters:
    return PostgresMeters(database) if request.param == "postgres" else MemoryMeters()


async def take(
    meters: Meters, *subjects: tuple[UUID, Limits], wanted: int = 1, now: datetime = NOW
) -> tuple[int, int, str, float]:
    grant = await meters.take(subjects, wanted=wanted, now=now)
    return grant.granted, grant.refused_by, grant.reason, round(grant.wait_seconds, 3)


async def test_burst_is_granted_then_refused(meters: Meters) -> None:
    one = uuid4()
    for _ in range(10):
        assert await take(meters, (one, PERSON)) == (1, 0, "", 0)
    assert await take(meters, (one, PERSON)) == (0, 1, "rate", 1)
    assert await take(meters, (one, PERSON), now=NOW + timedelta(seconds=1)) == (1, 0, "", 0)
    later = NOW + timedelta(seconds=1)
    assert (await take(meters, (one, PERSON), now=later))[0] == 0
    assert (await take(meters, (uuid4(), PERSON)))[0] == 1


async def test_token_at_its_limit_costs_the_person_nothing(meters: Meters) -> None:
    ada, token = (uuid4(), PERSON), (uuid4(), TOKEN)
    for _ in range(4):
        assert (await take(meters, ada, token))[0] == 1
    for _ in range(5):
        assert await take(meters, ada, token) == (0, 2, "rate", 1)
    assert (await take(meters, ada, wanted=9))[0] == 6


async def test_day_has_an_end(meters: Meters) -> None:
    one = (uuid4(), replace(PERSON, per_minute=0))
    assert (await take(meters, one, wanted=100))[0] == 30
    granted, place, reason, wait = await take(meters, one)
    assert (granted, place, reason) == (0, 1, "quota")
    assert NOW + timedelta(seconds=wait) == datetime(2026, 5, 2, tzinfo=NOW.tzinfo)
    assert (await take(meters, one, now=NOW + timedelta(seconds=wait)))[0] == 1


async def test_many_at_once_get_no_more(database: Database) -> None:
    """Two processes that each look first and count later would let in more than the limit."""
    meters = PostgresMeters(database)
    one, two = (uuid4(), PERSON), (uuid4(), replace(PERSON, burst=25))
    orders = [(one, two), (two, one)] * 25
    grants = await asyncio.gather(*(take(meters, *order) for order in orders))
    assert sum(granted for granted, *_ in grants) == 10


async def test_step_belongs_to_one(database: Database) -> None:
    ada = await admit(database, "ada@example.com")
    records = PostgresProvisioning(database)
    until = NOW + timedelta(minutes=1)
    claims = await asyncio.gather(
        *(records.claim(ada.id, "objects", now=NOW, until=until) for _ in range(8))
    )
    assert sorted(claims, key=str) == [1] + [None] * 7
    failed = ProvisioningState(
        name="objects", state="failed", at=NOW, attempts=1, reason="disk is full", retry_at=until
    )
    await records.finish(ada.id, failed)
    assert await records.list_states(ada.id) == (failed,)
    assert await records.claim(ada.id, "objects", now=NOW, until=until) is None
    assert await records.claim(ada.id, "objects", now=until, until=LATER) == 2
    await records.finish(ada.id, ProvisioningState(name="objects", state="done", at=until))
    assert await records.claim(ada.id, "objects", now=LATER, until=LATER) is None
    eve = await admit(database, "eve@example.com")
    assert await records.list_states(eve.id) == ()


async def test_other_process_hears_what_is_taken_back(database: Database) -> None:
    ada = await admit(database, "ada@example.com")
    token = await add_token(database, ada, "laptop")
    clock = SystemClock()
    cache = PrincipalCache(clock, lifetime=timedelta(hours=1))
    principal = make_principal(ada.id)
    until = clock.now() + timedelta(days=1)

    async def is_kept(*, wanted: bool) -> bool:
        for _ in range(300):
            cache.keep(("token", b"x"), principal, expires_at=until, since=cache.mark())
            if (cache.find(("token", b"x")) is not None) is wanted:
                return True
            await asyncio.sleep(0.01)
        return False

    cache.keep(("token", b"x"), principal, expires_at=until, since=cache.mark())
    assert cache.find(("token", b"x")) is None
    async with IdentityNews(database, cache).running():
        assert await is_kept(wanted=True)
        await PostgresTokens(database).remove_token(ada.id, token.id)
        for _ in range(300):
            if cache.find(("token", b"x")) is None:
                break
            await asyncio.sleep(0.01)
        assert cache.find(("token", b"x")) is None
    assert cache.find(("token", b"x")) is None


async def test_quick_calls_survive_lost_connections(database: Database, urls: Urls) -> None:
    assert await database.call("select 1", ()) == (1,)
    with psycopg.connect(urls.admin.reveal(), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert await database.call("select 2", ()) == (2,)
