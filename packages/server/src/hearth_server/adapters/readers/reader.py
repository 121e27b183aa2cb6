"""The port `Reader`: one limited process a file, whose answer is taken line by line."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hearth_server.adapters.readers.parts import RawBlock
from hearth_server.capabilities.knowledge.errors import (
    ConverterDownError,
    EncryptedError,
    ReaderCrashedError,
    TooLargeError,
    UnreadableError,
)
from hearth_server.capabilities.knowledge.ports import Converted
from hearth_server.capabilities.knowledge.split import Block, BlockKind

_LINE_LIMIT: Final = 64 * 1024 * 1024
_ERRORS: Final[Mapping[str, type[UnreadableError | TooLargeError]]] = MappingProxyType(
    {
        "encrypted": EncryptedError,
        "too-large": TooLargeError,
        "unreadable": UnreadableError,
        "reader-crashed": ReaderCrashedError,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """What reading one file may cost."""

    memory_bytes: int = 512 * 1024 * 1024
    cpu_seconds: int = 300
    wall_seconds: float = 600.0
    characters: int = 50_000_000
    blocks: int = 300_000
    pages: int = 20_000


class ProcessReader:
    """Reads files in processes of their own."""

    def __init__(self, limits: ReaderLimits | None = None) -> None:
        self._limits = limits or ReaderLimits()

    async def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        """Give a file's blocks in reading order, some at a time."""
        process = await _start(self._command(path, media_type))
        try:
            async with asyncio.timeout(self._limits.wall_seconds):
                async for converted in self._parts(process, name):
                    yield converted
                code = await process.wait()
        except TimeoutError as error:
            seconds = self._limits.wall_seconds
            msg = f"file `{name}`: took more than {seconds:.0f} s to read"
            raise ReaderCrashedError(msg) from error
        finally:
            await _end(process)
        if code != 0:
            raise ReaderCrashedError(f"file `{name}`: {_death(code)}")

    def _command(self, path: Path, media_type: str) -> tuple[str, ...]:
        return (
            sys.executable,
            "-P",
            "-m",
            "hearth_server.adapters.readers.child",
            str(path),
            media_type,
            str(self._limits.memory_bytes),
            str(self._limits.cpu_seconds),
            str(self._limits.pages),
        )

    async def _parts(
        self, process: asyncio.subprocess.Process, name: str
    ) -> AsyncIterator[Converted]:
        characters = count = 0
        while process.stdout is not None and (line := await _line(process.stdout, name)):
            said = json.loads(line)
            if "error" in said:
                raise _ERRORS[said["error"]](f"file `{name}`: {said['message']}")
            blocks = tuple(_block(entry) for entry in said["blocks"])
            characters += sum(len(block.text) for block in blocks)
            if characters > self._limits.characters:
                limit = self._limits.characters
                raise TooLargeError(f"file `{name}`: has more than {limit} characters of text")
            count += len(blocks)
            if count > self._limits.blocks:
                limit = self._limits.blocks
                raise TooLargeError(f"file `{name}`: has more than {limit} paragraphs")
            yield Converted(blocks=blocks, done=said["done"], total=said["total"])


async def _start(command: tuple[str, ...]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
    except OSError as error:
        # Too little memory, too many processes or files: that passes, and the file is not to blame.
        msg = f"worker: no process can be started to read the file: {error.strerror}"
        raise ConverterDownError(msg) from error


async def _line(stream: asyncio.StreamReader, name: str) -> bytes:
    try:
        line = await stream.readline()
    except ValueError as error:
        raise TooLargeError(f"file `{name}`: has too much text in one piece") from error
    return line if line.endswith(b"\n") else b""


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()


def _death(code: int) -> str:
    if code == -signal.SIGXCPU:
        return "took too much computing time to read"
    if code == -signal.SIGKILL:
        return "needs too much memory or time to be read"
    if code < 0:
        return f"made its reader crash ({signal.Signals(-code).name})"
    return f"made its reader fail (exit code {code})"


def _block(entry: RawBlock | list[Any]) -> Block:
    kind, level, page, text = entry
    return Block(kind=BlockKind(kind), level=level, page=page, text=text)
