"""Repositories on real parts: an archive comes in, a worker indexes it, questions are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hearth_kit.errors import HearthError, UnavailableError
from hearth_server.adapters.obstore.folder import open_folder
from hearth_server.adapters.postgres.code import PostgresCodeGraph, PostgresIndexRuns
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.source.reader import ProcessCodeReader
from hearth_server.capabilities.code.checking import check_script
from hearth_server.capabilities.code.errors import (
    BadArchiveError,
    RepositoryNotFoundError,
    RepositoryStateError,
)
from hearth_server.capabilities.code.indexing import Indexer, Receiver
from hearth_server.capabilities.code.model import CodeFound, RepositoryStatus
from hearth_server.capabilities.code.resolving import Index
from hearth_server.capabilities.code.tools import CodeTools
from hearth_server.settings.model import Settings
from hearth_server.testing.postgres import Urls
from hearth_server.testing.principals import make_principal
from hearth_server.testing.repositories import SHOP, packed
from hearth_server.worker import Pace, work_until

pytestmark = pytest.mark.integration

ADA, BOB = make_principal(name="ada"), make_principal(name="bob")
CLASSES = ["shop.cart.Cart", "shop.cart.Base"]
URL = "https://github.com/acme/shop"


@dataclass
class Fetched:
    chunks: AsyncIterator[bytes]


@dataclass
class Web:
    """Stands in for the open internet; `asked` is what was asked for."""

    data: bytes = b""
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def open(self, address: str) -> AsyncIterator[Fetched]:
        self.asked.append(address)
        yield Fetched(chunks=chunks(self.data))


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1_000):
        yield data[start : start + 1_000]


@pytest.fixture
def web() -> Web:
    return Web(data=packed(SHOP))


@pytest.fixture
def graph(database: Database) -> PostgresCodeGraph:
    return PostgresCodeGraph(database, Jobs(new_job_app()))


@pytest.fixture
def tools(graph: PostgresCodeGraph, web: Web, tmp_path: Path) -> CodeTools:
    receiver = Receiver(graph, open_folder(tmp_path), limit=100_000)
    return CodeTools(graph, receiver, web, ProcessCodeReader())


@pytest.fixture
def indexer(database: Database, tmp_path: Path) -> Indexer:
    return Indexer(PostgresIndexRuns(database), open_folder(tmp_path), ProcessCodeReader())


@pytest.fixture
async def shop(tools: CodeTools, indexer: Indexer) -> UUID:
    repository = await tools.index_repository(ADA, url=URL)
    await indexer.index(ADA.user_id, repository.id)
    return repository.id


def names(found: CodeFound) -> list[str]:
    return [each.name for each in found.symbols]


def uses(found: CodeFound) -> set[tuple[str, str]]:
    return {(each.source, each.target) for each in found.uses}


async def ask(tools: CodeTools, question: str, name: str, **more: object) -> CodeFound:
    return await tools.query_code(ADA, repository="shop", question=question, name=name, **more)


async def test_a_repository_is_taken_in_by_its_address(
    tools: CodeTools, web: Web, shop: UUID
) -> None:
    assert web.asked == ["https://github.com/acme/shop/archive/HEAD.tar.gz"]
    (repository,) = (await tools.list_repositories(ADA)).repositories
    assert (repository.id, repository.name, repository.source) == (shop, "shop", URL)
    assert repository.status is RepositoryStatus.READY
    assert (repository.files, repository.reason) == (len(SHOP), "")
    assert repository.symbols > 8
    assert repository.left_out[0].startswith("broken.py: is no Python")


async def test_questions_about_code_are_answered(tools: CodeTools, shop: UUID) -> None:
    assert names(await ask(tools, "find", "cart", kind="class")) == CLASSES
    (found,) = (await ask(tools, "find", "Cart.add")).symbols
    assert (found.path, found.line) == ("src/shop/cart.py", 8)
    assert found.signature == "add(self, item: str, *, count: int=…) -> shop.cart.Cart"
    assert names(await ask(tools, "members", "Cart")) == [
        "shop.cart.Cart.add", "shop.cart.Cart.check",
    ]  # fmt: skip
    assert names(await ask(tools, "subclasses", "Cart")) == ["shop.pay.Express"]
    assert uses(await ask(tools, "callers", "Cart.add")) == {("shop.pay.pay", "shop.cart.Cart.add")}
    assert uses(await ask(tools, "callees", "shop.pay.pay")) == {
        ("shop.pay.pay", "shop.cart.Cart"), ("shop.pay.pay", "shop.cart.Cart.add"),
    }  # fmt: skip
    assert ("shop.pay", "shop.cart.Cart") in uses(await ask(tools, "imports", "shop.pay"))
    assert {source for source, _ in uses(await ask(tools, "importers", "shop.cart"))} == {
        "shop", "shop.pay",
    }  # fmt: skip
    cut = await ask(tools, "find", "", limit=2)
    assert (len(cut.symbols), cut.is_cut) == (2, True)
    assert not names(await ask(tools, "find", "100%'; drop table --"))


async def test_a_script_is_checked_against_what_is_stored(tools: CodeTools, shop: UUID) -> None:
    script = "from shop import Cart\n\ncart = Cart()\ncart.add('x', cuont=2)\ncart.ad('x')\n"
    checked = await tools.check_script(ADA, repository="shop", script=script)
    assert [(each.line, each.problem, each.nearest) for each in checked.findings] == [
        (4, "no-parameter", "count"), (5, "no-member", "add"),
    ]  # fmt: skip
    good = "import shop\nshop.Cart().add('x', count=2).check('y')\n"
    checked = await tools.check_script(ADA, repository="shop", script=good)
    assert (checked.findings, checked.checked > 3) == ((), True)


async def test_under_the_same_name_code_is_taken_in_anew(
    tools: CodeTools, web: Web, indexer: Indexer, shop: UUID, tmp_path: Path
) -> None:
    web.data = packed({"shop/src/shop/__init__.py": b"def fresh(): ...\n"})
    again = await tools.index_repository(ADA, url=URL)
    assert again.id == shop
    assert again.status is RepositoryStatus.QUEUED
    assert names(await ask(tools, "find", "Cart", kind="class")) == CLASSES
    await indexer.index(ADA.user_id, shop)
    assert names(await ask(tools, "find", "")) == ["shop", "shop.fresh"]


async def test_what_cannot_be_indexed_says_why_and_keeps_what_was(
    tools: CodeTools, web: Web, indexer: Indexer
) -> None:
    web.data = b"no archive"
    made = await tools.index_repository(ADA, url=URL)
    with pytest.raises(RepositoryStateError) as waiting:
        await ask(tools, "find", "x")
    assert waiting.value.message == "repository `shop`: is being indexed"
    await indexer.index(ADA.user_id, made.id)
    (state,) = (await tools.list_repositories(ADA)).repositories
    assert state.status is RepositoryStatus.FAILED
    assert state.reason == "archive `shop`: is no ZIP or tar archive that can be read"
    with pytest.raises(RepositoryStateError, match="could not be indexed: archive `shop`: is no"):
        await ask(tools, "find", "x")
    web.data = packed({"shop/README.md": b"words"})
    await tools.index_repository(ADA, url=URL)
    await indexer.index(ADA.user_id, made.id)
    (state,) = (await tools.list_repositories(ADA)).repositories
    assert state.reason == "archive `shop`: holds no Python that can be read"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x" * 100_001, "archive `https://github.com/acme/shop`: is larger than 100000 bytes"),
        (b"", "archive `https://github.com/acme/shop`: is empty"),
    ],
)
async def test_an_archive_of_no_or_too_many_bytes_leaves_nothing(
    tools: CodeTools, web: Web, tmp_path: Path, data: bytes, reason: str
) -> None:
    web.data = data
    with pytest.raises(BadArchiveError) as caught:
        await tools.index_repository(ADA, url=URL)
    assert caught.value.message == reason
    assert (await tools.list_repositories(ADA)).repositories == ()
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


async def test_nobody_asks_about_or_deletes_anothers(
    tools: CodeTools, shop: UUID, indexer: Indexer, graph: PostgresCodeGraph, urls: Urls
) -> None:
    assert (await tools.list_repositories(BOB)).repositories == ()
    for wish in (
        lambda: tools.query_code(BOB, repository="shop", question="find"),
        lambda: tools.check_script(BOB, repository="shop", script="import shop"),
        lambda: tools.delete_repository(BOB, repository="shop"),
    ):
        with pytest.raises(RepositoryNotFoundError):
            await wish()
    assert await graph.all_symbols(BOB.user_id, shop) == ()
    assert await graph.uses(
        BOB.user_id, shop, kind="calls", source="", target="", limit=9
    ) == ()  # fmt: skip
    await indexer.index(BOB.user_id, shop)
    his = await tools.index_repository(BOB, url=URL)
    assert his.id != shop
    await tools.delete_repository(ADA, repository="shop")
    with psycopg.connect(urls.admin.reveal()) as connection:
        for table in ("symbols", "uses"):
            rows = connection.execute(f"select count(*) from graph.{table}").fetchone()
            assert rows == (0,), table
    assert [each.name for each in (await tools.list_repositories(BOB)).repositories] == ["shop"]


async def test_a_stale_run_stores_nothing(
    tools: CodeTools, database: Database, shop: UUID, tmp_path: Path
) -> None:
    """While one worker parses, the repository is taken in anew: only the later may store."""

    class Slow(ProcessCodeReader):
        async def read(self, archive: Path, name: str):
            code = await super().read(archive, name)
            await tools.index_repository(ADA, url=URL)
            return code

    await tools.index_repository(ADA, url=URL)
    slow = Indexer(PostgresIndexRuns(database), open_folder(tmp_path), Slow())
    await slow.index(ADA.user_id, shop)
    (state,) = (await tools.list_repositories(ADA)).repositories
    assert state.status is RepositoryStatus.QUEUED


async def test_an_outage_waits_for_another_attempt(
    tools: CodeTools, database: Database, tmp_path: Path
) -> None:
    class Down(ProcessCodeReader):
        async def read(self, archive: Path, name: str):
            raise UnavailableError("reader: is away")

    made = await tools.index_repository(ADA, url=URL)
    down = Indexer(PostgresIndexRuns(database), open_folder(tmp_path), Down())
    with pytest.raises(HearthError, match="is away"):
        await down.index(ADA.user_id, made.id, last_chance=False)
    (state,) = (await tools.list_repositories(ADA)).repositories
    assert (state.status, state.reason) == (RepositoryStatus.QUEUED, "reader: is away")
    await down.index(ADA.user_id, made.id)
    (state,) = (await tools.list_repositories(ADA)).repositories
    assert state.status is RepositoryStatus.FAILED


async def test_the_worker_indexes_what_is_queued(
    tools: CodeTools, urls: Urls, tmp_path: Path
) -> None:
    settings = Settings(database_url=urls.app, data_dir=tmp_path)
    pace = Pace(heartbeat=0.3, stalled=2.0, rescue=0.3, grace=5.0, reconnect=0.3)
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, settings, pace=pace))
    await tools.index_repository(ADA, url=URL)
    async with asyncio.timeout(30):
        while True:
            (state,) = (await tools.list_repositories(ADA)).repositories
            if state.status is RepositoryStatus.READY:
                break
            await asyncio.sleep(0.1)
    stop.set()
    await asyncio.wait_for(task, 20)
    assert state.symbols > 8


async def test_a_real_repository_is_indexed_and_its_own_use_is_not_called_wrong(
    tools: CodeTools, web: Web, indexer: Indexer, graph: PostgresCodeGraph, tmp_path: Path
) -> None:
    """Starlette as it is installed here: nothing that its own modules use is missing in it."""
    import starlette

    folder = Path(starlette.__file__).parent
    files = {
        f"starlette/{path.relative_to(folder.parent)}": path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
    }
    web.data = packed(files)
    roomy = Receiver(graph, open_folder(tmp_path), limit=10_000_000)
    tools = CodeTools(graph, roomy, web, ProcessCodeReader())
    made = await tools.index_repository(ADA, url="https://github.com/encode/starlette")
    await indexer.index(ADA.user_id, made.id)
    index = Index(await graph.all_symbols(ADA.user_id, made.id))
    wrong: dict[str, list[str]] = {}
    checked = 0
    for name, data in files.items():
        found = check_script(data.decode(), index, repository="starlette")
        checked += found.checked
        if found.findings:
            wrong[name] = [f"{each.line}: {each.message}" for each in found.findings]
    assert wrong == {}
    assert checked > 300
