"""What a person or an agent may do with code: each method is a tool."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from hearth_server.capabilities.code import rules
from hearth_server.capabilities.code.errors import RepositoryStateError
from hearth_server.capabilities.code.indexing import Receiver
from hearth_server.capabilities.code.model import (
    CodeFound,
    DeletedRepository,
    Question,
    Repositories,
    Repository,
    RepositoryStatus,
    ScriptChecked,
    SymbolKind,
)
from hearth_server.capabilities.code.ports import CodeGraph, CodeReader, Downloads
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "code"
READ: Final = "knowledge:read"
WRITE: Final = "knowledge:write"
MOST: Final = 200

RepositoryName = Annotated[str, Field(max_length=rules.LONGEST_NAME)]
FullName = Annotated[str, Field(max_length=500)]


class CodeTools:
    """The tools of code. The owner is always the caller."""

    def __init__(
        self, graph: CodeGraph, receiver: Receiver, downloads: Downloads, reader: CodeReader
    ) -> None:
        self._graph = graph
        self._receiver = receiver
        self._downloads = downloads
        self._reader = reader

    @tool(title="Index a repository", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def index_repository(
        self, caller: Principal, *, url: str, name: RepositoryName = ""
    ) -> Repository:
        """Take the code of a public repository in, so that questions about it can be answered.

        Fetches an archive from the open internet, never from a private network, and parses its
        Python; nothing of it is run. Again under the same name, it is taken in anew. It can be
        asked when its status is `ready`, see `list_repositories`.

        Args:
            url: A repository such as `https://github.com/encode/httpx`, also with
                `/tree/TAG`, or the address of a `.zip` or `.tar.gz`.
            name: What to call it; its own name where none is given.
        """
        address, own = rules.archive_of(url)
        chosen = rules.clean_repository(name or own)
        async with self._downloads.open(address) as download:
            return await self._receiver.receive(
                caller.user_id, download.chunks, name=chosen, source=url.strip()[:500]
            )

    @tool(title="List repositories", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def list_repositories(self, caller: Principal) -> Repositories:
        """List the repositories whose code you can ask about, with their state."""
        return Repositories(repositories=await self._graph.list_all(caller.user_id))

    @tool(
        title="Delete a repository", scope=WRITE, group=GROUP, effect=Effect.DESTROY, listed=False
    )
    async def delete_repository(
        self, caller: Principal, *, repository: RepositoryName
    ) -> DeletedRepository:
        """Delete a repository of yours with its archive and all that was found in it.

        Args:
            repository: Its name, as `list_repositories` gives it.
        """
        gone = await self._graph.delete(caller.user_id, repository)
        return DeletedRepository(id=gone.id, name=gone.name)

    @tool(title="Ask about code", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def query_code(
        self,
        caller: Principal,
        *,
        repository: RepositoryName,
        question: Question,
        name: FullName = "",
        kind: SymbolKind | None = None,
        limit: Annotated[int, Field(ge=1, le=MOST)] = 50,
    ) -> CodeFound:
        """Ask what a repository's code defines, and what uses what.

        Args:
            repository: Its name, as `list_repositories` gives it.
            question: `find` names with a text in them; `members` of a module or class;
                `callers` of a function, class or method; `callees`, what it calls itself;
                `imports` of a module; `importers` of a module or name; `subclasses` of a class.
            name: What the question is about: a full name such as `package.module.Class.method`,
                or the end of one; with `find`, any part.
            kind: With `find`, only symbols of this kind.
            limit: How many at most.
        """
        found = await self._ready(caller, repository)
        owner, here = caller.user_id, found.id
        if question == "find":
            symbols = await self._graph.find(owner, here, text=name, kind=kind, limit=limit + 1)
        elif question == "members":
            symbols = await self._graph.members(owner, here, name, limit=limit + 1)
        elif question == "subclasses":
            symbols = await self._graph.subclasses(owner, here, name, limit=limit + 1)
        else:
            is_source = question in {"callees", "imports"}
            uses = await self._graph.uses(
                owner,
                here,
                kind="calls" if question in {"callers", "callees"} else "imports",
                source=name if is_source else "",
                target="" if is_source else name,
                limit=limit + 1,
            )
            return CodeFound(uses=uses[:limit], is_cut=len(uses) > limit)
        return CodeFound(
            symbols=tuple(map(rules.found_symbol, symbols[:limit])), is_cut=len(symbols) > limit
        )

    @tool(title="Check a script", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def check_script(
        self,
        caller: Principal,
        *,
        repository: RepositoryName,
        script: Annotated[str, Field(max_length=rules.LONGEST_SCRIPT)],
    ) -> ScriptChecked:
        """Check that a Python script uses nothing of a repository that is not there.

        Finds modules, classes, functions, methods and attributes that do not exist, and calls
        with unknown, missing or too many arguments, each with its line and the name that is
        probably meant. The script is not run. Use it on code that a language model wrote.

        Args:
            repository: Its name, as `list_repositories` gives it.
            script: The script's text.
        """
        found = await self._ready(caller, repository)
        symbols = await self._graph.all_symbols(caller.user_id, found.id)
        return await self._reader.check(found.name, script, symbols)

    async def _ready(self, caller: Principal, name: str) -> Repository:
        found = await self._graph.get(caller.user_id, name)
        if not found.symbols:
            is_failed = found.status is RepositoryStatus.FAILED
            why = f"could not be indexed: {found.reason}" if is_failed else "is being indexed"
            raise RepositoryStateError(f"repository `{found.name}`: {why}")
        return found
