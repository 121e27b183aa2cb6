"""What a full name means in a repository, through imports and inheritance. Pure.

Nothing is called missing that could be there: what a package of elsewhere gives, what is made
while code runs, and what a decorator of elsewhere does, are not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hearth_server.capabilities.code.model import Parameter, Symbol
from hearth_server.capabilities.code.parsing import UNKNOWN

_EMPTY_BASES: Final = frozenset(
    {
        *("object", "abc.ABC", "typing.Generic", "typing.Protocol"),
        *("typing_extensions.Protocol", "typing_extensions.Generic"),
    }
)
_DATACLASS: Final = "dataclasses.dataclass"
_CLEAR: Final = frozenset(
    {
        *("staticmethod", "classmethod", "abc.abstractmethod", "typing.override", "typing.final"),
        *("typing_extensions.override", "functools.cache", "functools.lru_cache"),
        *("contextlib.contextmanager", "contextlib.asynccontextmanager"),
        *("typing_extensions.final", "typing.no_type_check"),
    }
)
"""Decorators that leave a function's parameters as they are."""
PROPERTIES: Final = frozenset({"property", "functools.cached_property"})
_DEEPEST: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A name that is certainly not there."""

    owner: Symbol
    name: str
    candidates: tuple[str, ...]
    """What is there instead."""


Meaning = Symbol | Missing | None
"""None: nothing can be said."""


class Index:
    """The symbols of a repository by name."""

    def __init__(self, symbols: Iterable[Symbol]) -> None:
        self._symbols = {each.name: each for each in symbols}
        self._below: dict[str, dict[str, Symbol]] = {}
        for symbol in self._symbols.values():
            above, _, name = symbol.name.rpartition(".")
            self._below.setdefault(above, {})[name] = symbol
        self.modules: Mapping[str, Symbol] = {
            name: each for name, each in self._symbols.items() if each.kind == "module"
        }
        self.tops = frozenset(name.partition(".")[0] for name in self._symbols)
        self._folders = {
            name.rsplit(".", depth)[0]
            for name in self.modules
            for depth in range(1, name.count(".") + 1)
        }

    def has_module(self, name: str) -> bool:
        """Tell whether something can be imported by this name."""
        return name in self.modules or name in self._folders

    def modules_beside(self, name: str) -> tuple[str, ...]:
        """Give the modules in the same package."""
        above = name.rpartition(".")[0]
        every = {*self.modules, *self._folders}
        return tuple(sorted(each for each in every if each.rpartition(".")[0] == above))

    def resolve(self, name: str, *, depth: int = 0) -> Meaning:
        """Say what a full name means, such as `package.module.Class.method`."""
        if depth > _DEEPEST or name.partition(".")[0] not in self.tops:
            return None
        parts = name.split(".")
        start = next(
            (end for end in range(len(parts), 0, -1) if ".".join(parts[:end]) in self.modules), 0
        )
        if not start:
            return None
        found: Meaning = self.modules[".".join(parts[:start])]
        for part in parts[start:]:
            if not isinstance(found, Symbol):
                return found
            found = self.member(found, part, depth=depth + 1)
        return found

    def member(self, owner: Symbol, name: str, *, depth: int = 0) -> Meaning:
        """Say what a name below a module or class means."""
        if depth > _DEEPEST:
            return None
        match owner.kind:
            case "module":
                return self._in_module(owner, name, depth)
            case "class":
                found, is_known = self._in_class(owner, name, set())
                if found is not None or not is_known or hasattr(type, name):
                    return found
                return Missing(owner=owner, name=name, candidates=tuple(self.names(owner)))
            case _:
                return None

    def names(self, owner: Symbol) -> list[str]:
        """Give the names below a module or class, inherited ones too."""
        if owner.kind == "module":
            aliases = [name for name, _ in owner.aliases]
            beside = [each.rpartition(".")[2] for each in self.modules_beside(f"{owner.name}.x")]
            return sorted({*self._below.get(owner.name, ()), *aliases, *beside})
        found = {
            name for each in self._line(owner, set())[0] for name in self._below.get(each.name, ())
        }
        return sorted(found)

    def parameters(self, symbol: Symbol) -> tuple[Parameter, ...] | None:
        """Give what calling a symbol takes, without `self` for a class; None if unknown."""
        if symbol.kind == "class":
            return self._constructor(symbol)
        if symbol.kind not in {"function", "method"} or not set(symbol.decorators) <= _CLEAR:
            return None
        return symbol.parameters

    def _in_module(self, owner: Symbol, name: str, depth: int) -> Meaning:
        below = self._below.get(owner.name, {}).get(name)
        if below is not None:
            return below
        full = f"{owner.name}.{name}"
        aliases = dict(owner.aliases)
        if name in aliases and aliases[name] != full:
            found = self.resolve(aliases[name], depth=depth + 1)
            return None if isinstance(found, Missing) else found
        is_known = not owner.is_dynamic and full not in self._folders
        for star in owner.stars:
            source = self.modules.get(star)
            if source is None:
                is_known = False
                continue
            found = self.member(source, name, depth=depth + 1)
            if isinstance(found, Symbol):
                return found
            is_known = is_known and found is not None
        if not is_known or (name.startswith("__") and name.endswith("__")):
            return None
        return Missing(owner=owner, name=name, candidates=tuple(self.names(owner)))

    def _in_class(self, owner: Symbol, name: str, seen: set[str]) -> tuple[Symbol | None, bool]:
        line, is_known = self._line(owner, seen)
        for each in line:
            if name in self._below.get(each.name, {}):
                return self._below[each.name][name], True
        return None, is_known

    def _line(self, owner: Symbol, seen: set[str]) -> tuple[list[Symbol], bool]:
        """Give a class and those that it inherits from, and whether that is all of them."""
        seen.add(owner.name)
        found, is_known = [owner], not owner.is_dynamic
        is_known = is_known and all(
            each.partition(" ")[0] in {_DATACLASS, "typing.final", "typing.runtime_checkable"}
            for each in owner.decorators
        )
        for base in owner.bases:
            if base in _EMPTY_BASES:
                continue
            meaning = self.resolve(base) if base != UNKNOWN else None
            if not isinstance(meaning, Symbol) or meaning.kind != "class":
                is_known = False
            elif meaning.name not in seen:
                more, is_more_known = self._line(meaning, seen)
                found += more
                is_known = is_known and is_more_known
        return found, is_known

    def _constructor(self, symbol: Symbol) -> tuple[Parameter, ...] | None:
        line, is_known = self._line(symbol, set())
        if any("__new__" in self._below.get(each.name, {}) for each in line):
            return None
        made: dict[str, Parameter] = {}
        for each in line:
            if (init := self._below.get(each.name, {}).get("__init__")) is not None:
                found = self.parameters(init)
                return found[1:] if found is not None else None
            if any(mark.startswith(_DATACLASS) for mark in each.decorators):
                break
        else:
            return () if is_known else None
        if not is_known or any("init" in mark.split() for mark in symbol.decorators):
            return None
        for each in reversed(line):
            marks = [mark for mark in each.decorators if mark.startswith(_DATACLASS)]
            is_named = any("kw_only" in mark.split() for mark in marks)
            for field in each.parameters if marks else ():
                if field.name == "*":
                    is_named = True
                    continue
                kind = "keyword" if is_named else field.kind
                made[field.name] = Parameter(
                    name=field.name, kind=kind, is_optional=field.is_optional,
                    annotation=field.annotation,
                )  # fmt: skip
        return tuple(sorted(made.values(), key=lambda each: each.kind == "keyword"))
