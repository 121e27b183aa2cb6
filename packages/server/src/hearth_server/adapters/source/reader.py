"""The port `CodeReader`: one limited process an archive or script."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from hearth_server.adapters.source.values import checked_of, symbol_of
from hearth_server.capabilities.code.errors import BadArchiveError
from hearth_server.capabilities.code.model import ParsedCode, ScriptChecked, Symbol, Use

_LINE_LIMIT: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLimits:
    """What reading code may cost."""

    memory_bytes: int = 2 * 1024 * 1024 * 1024
    cpu_seconds: int = 120
    wall_seconds: float = 300.0


class ProcessCodeReader:
    """Reads code in processes of their own."""

    def __init__(self, limits: CodeLimits | None = None) -> None:
        self._limits = limits or CodeLimits()

    async def read(self, archive: Path, name: str) -> ParsedCode:
        """Parse the files of an archive."""
        symbols: list[Symbol] = []
        uses: list[Use] = []
        end: dict[str, Any] = {"files": 0, "left_out": []}
        async for line in self._lines(f"archive `{name}`", b"", "read", str(archive)):
            symbols += map(symbol_of, line.get("symbols", ()))
            uses += (Use(**each) for each in line.get("uses", ()))
            end = line if "files" in line else end
        return ParsedCode(
            symbols=tuple(symbols),
            uses=tuple(uses),
            files=end["files"],
            left_out=tuple(end["left_out"]),
        )

    async def check(self, repository: str, script: str, symbols: Sequence[Symbol]) -> ScriptChecked:
        """Hold a script against the symbols of a repository."""
        given = await asyncio.to_thread(_question, repository, script, symbols)
        found = [line async for line in self._lines("script", given, "check")]
        return checked_of(found[0]["checked"])

    async def _lines(
        self, what: str, given: bytes, *arguments: str
    ) -> AsyncIterator[dict[str, Any]]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "hearth_server.adapters.source.child"),
            *arguments,
            str(self._limits.memory_bytes),
            str(self._limits.cpu_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._limits.wall_seconds):
                await _hand(process, given)
                while process.stdout is not None and (line := await process.stdout.readline()):
                    said: dict[str, Any] = json.loads(line)
                    if "error" in said:
                        raise BadArchiveError(f"{what}: {said['error']}")
                    yield said
                code = await process.wait()
        except (TimeoutError, ValueError) as error:
            raise BadArchiveError(f"{what}: takes too long, or too much, to be read") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
        if code != 0:
            raise BadArchiveError(f"{what}: takes too much memory or time to be read")


def _question(repository: str, script: str, symbols: Sequence[Symbol]) -> bytes:
    given = {
        "repository": repository,
        "script": script,
        "symbols": [asdict(each) for each in symbols],
    }
    return json.dumps(given).encode()


async def _hand(process: asyncio.subprocess.Process, given: bytes) -> None:
    if process.stdin is None:
        return
    # A process that ended early has its say on standard output or by its exit code.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()
