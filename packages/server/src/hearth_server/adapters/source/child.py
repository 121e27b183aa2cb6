"""The process that reads code: `python -m hearth_server.adapters.source.child`.

`read FILE MEMORY CPU` gives one JSON object a line: `{"symbols": […]}`, `{"uses": […]}`, at the
end `{"files": n, "left_out": […]}`. `check MEMORY CPU` takes `{"repository", "script", "symbols"}`
on standard input and gives `{"checked": {…}}`. Either gives `{"error": text}` instead. The code is
parsed by `ast`; nothing of it is imported or run.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from hearth_kit.confine import confine

from hearth_server.adapters.source.archive import ArchiveError, files_of
from hearth_server.adapters.source.naming import module_of, without_common_folder
from hearth_server.adapters.source.values import symbol_of
from hearth_server.capabilities.code.checking import check_script
from hearth_server.capabilities.code.model import Symbol, Use
from hearth_server.capabilities.code.parsing import parse_module
from hearth_server.capabilities.code.resolving import Index
from hearth_server.capabilities.code.tracing import trace_bases, trace_uses

_MOST_SYMBOLS: Final = 400_000
_MOST_LEFT_OUT: Final = 20
_ROWS: Final = 500
_UNPARSED: Final = (SyntaxError, ValueError, RecursionError, MemoryError)


def main(arguments: list[str]) -> int:
    """Read an archive or check a script within limits."""
    warnings.simplefilter("ignore")  # of code that is read, not of ours
    task, *rest = arguments
    memory, cpu = rest[-2:]
    confine(memory_bytes=int(memory), cpu_seconds=int(cpu))
    try:
        lines = _read(Path(rest[0])) if task == "read" else _check()
        for line in lines:
            sys.stdout.write(json.dumps(line) + "\n")
    except ArchiveError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
    except MemoryError:
        sys.stdout.write(json.dumps({"error": "needs too much memory to be read"}) + "\n")
    except RecursionError:
        sys.stdout.write(json.dumps({"error": "is nested too deeply"}) + "\n")
    return 0


def _read(path: Path) -> Iterator[dict[str, Any]]:
    code: dict[str, bytes] = {}
    names: list[str] = []
    left_out: list[str] = []
    for name, data in files_of(path):
        names.append(name)
        if data is not None:
            code[name] = data
        elif name.endswith((".py", ".pyi")):
            left_out.append(f"{name}: is too large")
    cut = without_common_folder(names)
    found = {name[cut:]: data for name, data in code.items()}
    packages = {
        name.rpartition("/")[0] for name in found if name.endswith(("__init__.py", "__init__.pyi"))
    }
    symbols: dict[str, Symbol] = {}
    uses: list[Use] = []
    for name, data in sorted(found.items()):
        module = module_of(name, packages)
        if module.name in symbols:
            continue
        try:
            more, used = parse_module(data.decode("utf-8-sig"), module)
        except _UNPARSED as error:
            left_out.append(f"{name}: {_why(error)}")
            continue
        symbols.update((each.name, each) for each in more if each.name not in symbols)
        uses += used
        if len(symbols) + len(uses) > 4 * _MOST_SYMBOLS or len(symbols) > _MOST_SYMBOLS:
            raise ArchiveError("holds more code than is allowed")
    index = Index(symbols.values())
    yield from _batches("symbols", trace_bases(symbols.values(), index))
    yield from _batches("uses", trace_uses(uses, index))
    shown = [each[cut:] if each.startswith(tuple(code)) else each for each in left_out]
    yield {"files": len(names), "left_out": shown[:_MOST_LEFT_OUT]}


def _batches(key: str, values: list[Symbol] | list[Use]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(values), _ROWS):
        yield {key: [asdict(each) for each in values[start : start + _ROWS]]}


def _check() -> Iterator[dict[str, Any]]:
    given = json.load(sys.stdin)
    index = Index(symbol_of(each) for each in given["symbols"])
    try:
        checked = check_script(given["script"], index, repository=given["repository"])
    except ValueError as error:
        raise ArchiveError(f"is no Python: {error}") from error
    yield {"checked": asdict(checked)}


def _why(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"is no Python of this version: line {error.lineno or 1}: {error.msg}"
    if isinstance(error, UnicodeDecodeError):
        return "is no UTF-8"
    return "cannot be parsed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
