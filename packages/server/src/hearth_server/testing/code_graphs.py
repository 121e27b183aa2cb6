"""What every adapter of `CodeGraph` and `IndexRuns` must do; an adapter's own test calls these."""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.capabilities.code.errors import RepositoryNotFoundError, StaleIndexError
from hearth_server.capabilities.code.model import (
    NewRepository,
    Parameter,
    ParsedCode,
    Repository,
    RepositoryStatus,
    Symbol,
    Use,
)
from hearth_server.capabilities.code.ports import CodeGraph, IndexRuns
from hearth_server.capabilities.code.rules import archive_key
from hearth_server.testing.conformance import Raises

_CLASS = Symbol(kind="class", name="shop.cart.Cart", path="shop/cart.py", line=3, end_line=9)
_ADD = Symbol(
    kind="method",
    name="shop.cart.Cart.add",
    path="shop/cart.py",
    line=4,
    end_line=5,
    summary="Put 100% of it_ in.",
    parameters=(Parameter(name="self"), Parameter(name="thing", is_optional=True)),
)
_BIG = replace(_CLASS, name="shop.big.BigCart", path="shop/big.py", bases=("shop.cart.Cart",))
CODE = ParsedCode(
    symbols=(
        Symbol(kind="module", name="shop.cart", path="shop/cart.py", line=1, end_line=9),
        _CLASS,
        _ADD,
        replace(_ADD, name="shop.cart.Cart.clear", line=7, end_line=8, parameters=()),
        _BIG,
    ),
    uses=(
        Use(kind="calls", source="shop.big.BigCart", target="shop.cart.Cart.add",
            path="shop/big.py", line=5),
        Use(kind="imports", source="shop.big", target="shop.cart", path="shop/big.py", line=1),
    ),
    files=4,
    left_out=("bad.py: is no Python",),
)  # fmt: skip


def new_repository(owner: UUID, name: str) -> NewRepository:
    """Make a repository to be added."""
    made = uuid7()
    return NewRepository(
        id=made,
        name=name,
        source="a.tgz",
        size_bytes=9,
        sha256="0" * 64,
        object_key=archive_key(owner, made),
    )


async def indexed(graph: CodeGraph, runs: IndexRuns, owner: UUID, name: str) -> Repository:
    """Have a repository with `CODE` in it."""
    repository = await graph.add(owner, new_repository(owner, name))
    run = await runs.start(owner, repository.id)
    assert run is not None
    await runs.finish(run, CODE)
    return await graph.get(owner, name)


async def check_code(graph: CodeGraph, runs: IndexRuns, owner: UUID) -> None:
    """Check what is answered about what was stored."""
    shop = await indexed(graph, runs, owner, "shop")
    assert (shop.status, shop.files, shop.symbols, shop.uses) == (RepositoryStatus.READY, 4, 5, 2)
    assert shop.left_out == CODE.left_out
    assert set(await graph.all_symbols(owner, shop.id)) == set(CODE.symbols)

    async def find(text: str, kind: str | None = None, limit: int = 9) -> list[str]:
        found = await graph.find(owner, shop.id, text=text, kind=kind, limit=limit)
        return [each.name for each in found]

    assert (await find("Cart", "class"))[0] == _CLASS.name
    assert set(await find("cart", "class")) == {_CLASS.name, _BIG.name}
    assert await find("add", "method") == [_ADD.name]
    assert await find("%") == []
    assert len(await find("cart", limit=2)) == 2
    for name in ("shop.cart.Cart", "cart.Cart", "Cart"):
        members = await graph.members(owner, shop.id, name, limit=9)
        assert [each.line for each in members] == [4, 7], name
    assert await graph.subclasses(owner, shop.id, "Cart", limit=9) == (_BIG,)
    assert await graph.members(owner, shop.id, "Nothing", limit=9) == ()
    calls, imports = CODE.uses
    for target in ("shop.cart.Cart.add", "Cart.add", "add"):
        assert await graph.uses(
            owner, shop.id, kind="calls", source="", target=target, limit=9
        ) == (calls,), target
    assert await graph.uses(
        owner, shop.id, kind="imports", source="shop.big", target="", limit=9
    ) == (imports,)


async def check_runs(graph: CodeGraph, runs: IndexRuns, owner: UUID, raises: Raises) -> None:
    """Check that code is taken in anew under its name, whole or not at all, by the latest run."""
    first = await indexed(graph, runs, owner, "again")
    again = await graph.add(owner, new_repository(owner, "again"))
    assert (again.id, again.status) == (first.id, RepositoryStatus.QUEUED)
    assert len(await graph.all_symbols(owner, first.id)) == len(CODE.symbols)
    stale = await runs.start(owner, first.id)
    run = await runs.start(owner, first.id)
    assert stale is not None
    assert run is not None
    smaller = replace(CODE, symbols=CODE.symbols[:1], uses=())
    with raises(StaleIndexError):
        await runs.finish(stale, smaller)
    await runs.fail(stale, "too late", again=False)
    assert len(await graph.all_symbols(owner, first.id)) == len(CODE.symbols)
    await runs.finish(run, smaller)
    assert await graph.all_symbols(owner, first.id) == smaller.symbols
    assert await runs.start(owner, first.id) is None
    await graph.add(owner, new_repository(owner, "again"))
    failing = await runs.start(owner, first.id)
    assert failing is not None
    await runs.fail(failing, "it is broken", again=False)
    failed = await graph.get(owner, "again")
    assert (failed.status, failed.reason) == (RepositoryStatus.FAILED, "it is broken")
    deleted = await graph.delete(owner, "again")
    assert deleted.id == first.id
    with raises(RepositoryNotFoundError):
        await graph.get(owner, "again")
    with raises(RepositoryNotFoundError):
        await graph.delete(owner, "again")


async def check_strangers(
    graph: CodeGraph, runs: IndexRuns, people: tuple[UUID, UUID], raises: Raises
) -> None:
    """Check that nobody finds, indexes or deletes anything of another's."""
    ada, bob = people
    hers = await indexed(graph, runs, ada, "secret")
    assert await graph.list_all(bob) == ()
    for wish in (graph.get, graph.delete):
        with raises(RepositoryNotFoundError):
            await wish(bob, "secret")
    assert await graph.all_symbols(bob, hers.id) == ()
    assert await graph.find(bob, hers.id, text="", kind=None, limit=9) == ()
    assert await graph.members(bob, hers.id, "Cart", limit=9) == ()
    assert await graph.subclasses(bob, hers.id, "Cart", limit=9) == ()
    assert await graph.uses(bob, hers.id, kind="calls", source="", target="", limit=9) == ()
    await graph.add(ada, new_repository(ada, "secret"))
    assert await runs.start(bob, hers.id) is None
    run = await runs.start(ada, hers.id)
    assert run is not None
    with raises(StaleIndexError):
        await runs.finish(replace(run, owner=bob), CODE)
    his = await graph.add(bob, new_repository(bob, "secret"))
    assert his.id != hers.id
    assert [each.id for each in await graph.list_all(ada)] == [hers.id]
