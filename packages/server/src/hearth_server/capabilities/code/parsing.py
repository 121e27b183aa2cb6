"""One Python file as symbols and uses: its text is parsed, never run or imported. Pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from hearth_server.capabilities.code.model import Parameter, Symbol, Use
from hearth_server.capabilities.code.scope import (
    File,
    Function,
    Module,
    absolute,
    dotted,
    full_name,
    plain_type,
)
from hearth_server.capabilities.code.uses import read_uses

UNKNOWN: Final = "?"
_LONGEST_SUMMARY: Final = 200
_DYNAMIC: Final = frozenset({"globals", "exec", "vars", "setattr"})
TypeOf = Callable[[ast.expr | None], str]
"""Gives the full name of a type that is written plainly; empty for any other."""


def parse_module(text: str, module: Module) -> tuple[tuple[Symbol, ...], tuple[Use, ...]]:
    """Give what a file defines, the module itself first, and what it uses.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is no Python that can be parsed.
    """
    tree = ast.parse(text)
    file = File(module)
    for node in flat(tree.body):
        _note_import(node, file)
        if isinstance(node, Function | ast.ClassDef):
            file.defined.add(node.name)
        for name, _ in targets_of(node):
            file.defined.add(name)
    whole = Symbol(
        kind="module",
        name=module.name,
        path=module.path,
        line=1,
        end_line=max(1, text.count("\n") + 1),
        summary=_summary(tree),
        is_dynamic="__getattr__" in file.defined or _is_dynamic(tree.body),
        aliases=tuple(sorted(file.aliases.items())),
        stars=tuple(file.stars),
    )
    _read_body(tree.body, module.name, file, inside="")
    read_uses(tree.body, module.name, file, inside="")
    return (whole, *file.symbols.values()), tuple(dict.fromkeys(file.uses))


def flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements of a body, and those below `if`, `try`, `with` and loops."""
    for node in body:
        yield node
        if isinstance(node, Function | ast.ClassDef):
            continue
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.stmt):
                yield from flat([inner])
            elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                yield from flat(inner.body)


def targets_of(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """Give the names that a statement binds, each with its annotation."""
    match node:
        case ast.Assign(targets=targets):
            for target in targets:
                yield from ((name, None) for name in _names(target))
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
            yield name, annotation
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, None
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from ((name, None) for name in _names(target))
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield from ((name, None) for name in _names(item.optional_vars))
        case _:
            return


def parameters_of(arguments: ast.arguments, type_of: TypeOf) -> tuple[Parameter, ...]:
    """Give the parameters of a function in the order in which arguments fill them."""
    placed = [*arguments.posonlyargs, *arguments.args]
    first_optional = len(placed) - len(arguments.defaults)
    found = [
        Parameter(
            name=each.arg,
            kind="positional" if number < len(arguments.posonlyargs) else "either",
            is_optional=number >= first_optional,
            annotation=type_of(each.annotation),
        )
        for number, each in enumerate(placed)
    ]
    if arguments.vararg:
        found.append(Parameter(name=arguments.vararg.arg, kind="rest", is_optional=True))
    found += [
        Parameter(
            name=each.arg,
            kind="keyword",
            is_optional=default is not None,
            annotation=type_of(each.annotation),
        )
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append(Parameter(name=arguments.kwarg.arg, kind="named_rest", is_optional=True))
    return tuple(found)


def _read_body(body: list[ast.stmt], owner: str, file: File, *, inside: str) -> None:
    for node in flat(body):
        match node:
            case ast.ClassDef():
                _read_class(node, owner, file)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _read_function(node, owner, file, is_method=bool(inside))
            case _:
                for name, annotation in targets_of(node):
                    _add_attribute(f"{owner}.{name}", node, annotation, file)


def _read_class(node: ast.ClassDef, owner: str, file: File) -> None:
    name = f"{owner}.{node.name}"
    bases = [each.value if isinstance(each, ast.Subscript) else each for each in node.bases]
    metaclass = next((each.value for each in node.keywords if each.arg == "metaclass"), None)
    meta = full_name(dotted(metaclass), file) if metaclass else ""
    file.symbols[name] = Symbol(
        kind="class",
        name=name,
        path=file.module.path,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        summary=_summary(node),
        parameters=tuple(_fields(node, file)),
        bases=tuple(full_name(dotted(base), file) or UNKNOWN for base in bases),
        decorators=tuple(_decorators(node, file)),
        is_dynamic=(bool(metaclass) and meta != "abc.ABCMeta") or _is_dynamic(node.body),
    )
    _read_body(node.body, name, file, inside=name)
    for method in flat(node.body):
        if isinstance(method, Function):
            _read_own_attributes(method, name, file)


def _read_own_attributes(method: Function, owner: str, file: File) -> None:
    """Add what a method puts on `self`."""
    if not method.args.args:
        return
    own = method.args.args[0].arg
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == own:
                _add_attribute(f"{owner}.{node.attr}", node, None, file)
        elif isinstance(node, ast.Call) and dotted(node.func) in {
            "setattr",
            f"{own}.__dict__.update",
        }:
            file.symbols[owner] = _dynamic(file.symbols[owner])


def _read_function(node: Function, owner: str, file: File, *, is_method: bool) -> None:
    name = f"{owner}.{node.name}"
    decorators = tuple(_decorators(node, file))
    if name in file.symbols and any(each.endswith(".setter") for each in decorators):
        return
    file.symbols[name] = Symbol(
        kind="method" if is_method else "function",
        name=name,
        path=file.module.path,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        summary=_summary(node),
        parameters=parameters_of(node.args, lambda each: full_name(plain_type(each), file)),
        decorators=decorators,
        type=full_name(plain_type(node.returns), file),
        is_async=isinstance(node, ast.AsyncFunctionDef),
    )


def _fields(node: ast.ClassDef, file: File) -> Iterator[Parameter]:
    """Give the fields that a data class would have, in the order of its parameters."""
    for each in node.body:
        if not isinstance(each, ast.AnnAssign) or not isinstance(each.target, ast.Name):
            continue
        written = ast.unparse(each.annotation)
        if "ClassVar" in written:
            continue
        value = each.value
        options = (
            {key.arg: key.value for key in value.keywords}
            if isinstance(value, ast.Call) and dotted(value.func).endswith("field")
            else None
        )
        is_optional = value is not None
        if options is not None:
            is_optional = bool({"default", "default_factory"} & options.keys())
            if isinstance(init := options.get("init"), ast.Constant) and init.value is False:
                continue
        is_named = "KW_ONLY" in written
        yield Parameter(
            name="*" if is_named else each.target.id,
            kind="keyword" if is_named else "either",
            is_optional=is_optional,
            annotation=full_name(plain_type(each.annotation), file),
        )


def _add_attribute(
    name: str, node: ast.stmt | ast.expr, annotation: ast.expr | None, file: File
) -> None:
    if name in file.symbols:
        return
    file.symbols[name] = Symbol(
        kind="attribute",
        name=name,
        path=file.module.path,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        type=full_name(plain_type(annotation), file) if annotation is not None else "",
    )


def _decorators(node: ast.ClassDef | Function, file: File) -> Iterator[str]:
    for each in node.decorator_list:
        call = each if isinstance(each, ast.Call) else None
        name = full_name(dotted(call.func if call else each), file) or UNKNOWN
        marks = [
            key.arg
            for key in (call.keywords if call else ())
            if key.arg in {"kw_only", "init"} and isinstance(key.value, ast.Constant)
            and key.value.value is (key.arg == "kw_only")
        ]  # fmt: skip
        yield " ".join([name, *(mark for mark in marks if mark)])


def _note_import(node: ast.stmt, file: File) -> None:
    match node:
        case ast.Import(names=names):
            for each in names:
                first = each.name.partition(".")[0]
                file.aliases[each.asname or first] = each.name if each.asname else first
        case ast.ImportFrom(module=name, names=names, level=level):
            source = absolute(file.module, level, name)
            for each in names:
                if each.name == "*":
                    file.stars.append(source)
                else:
                    file.aliases[each.asname or each.name] = f"{source}.{each.name}"
        case _:
            return


def _names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for each in elements:
                yield from _names(each)
        case ast.Starred(value=value):
            yield from _names(value)
        case _:
            return


def _is_dynamic(body: list[ast.stmt]) -> bool:
    """Tell whether what stands directly in a body makes names while it runs."""
    for node in flat(body):
        if isinstance(node, Function):
            if node.name in {"__getattr__", "__getattribute__"}:
                return True
            continue
        if isinstance(node, ast.Expr | ast.Assign | ast.For | ast.If | ast.AugAssign):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and dotted(inner.func) in _DYNAMIC:
                    return True
    return False


def _dynamic(symbol: Symbol) -> Symbol:
    return replace(symbol, is_dynamic=True)


def _summary(node: ast.Module | ast.ClassDef | Function) -> str:
    text = ast.get_docstring(node) or ""
    return text.split("\n", 1)[0].strip()[:_LONGEST_SUMMARY]
