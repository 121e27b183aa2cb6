"""Which module a file of a repository is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hearth_server.capabilities.code.scope import Module


def without_common_folder(names: Sequence[str]) -> int:
    """Give how many characters of each name are the one folder that archives are packed in."""
    firsts = {name.partition("/")[0] for name in names}
    if len(firsts) == 1 and all("/" in name for name in names):
        return len(firsts.pop()) + 1
    return 0


def module_of(path: str, packages: Collection[str]) -> Module:
    """Say which module a file is; `packages` are the folders that hold an `__init__` file.

    A module's name begins at the outermost package around it, or below a folder `src`, or at the
    repository's root.
    """
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0]
    top = folder
    while top and top in packages:
        top = top.rpartition("/")[0]
    if folder not in packages:
        parts = folder.split("/") if folder else []
        depth = len(parts) - parts[::-1].index("src") if "src" in parts else 0
        top = "/".join(parts[:depth])
    inner = folder[len(top) :].strip("/")
    is_package = stem == "__init__"
    names = [*(inner.split("/") if inner else []), *([] if is_package else [stem])]
    return Module(name=".".join(names) or "__init__", path=path, is_package=is_package)
