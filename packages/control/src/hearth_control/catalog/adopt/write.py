"""The person's text as it will be: changed where it must be, comments and order kept.

Shape: `write` edits a round-trip document until it equals the values worked out, so that what did
not change keeps its quotes, its comments and its place. Pure.

Source: https://yaml.dev/doc/ruamel.yaml/ (read 2026-11)
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, merge_attrib
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString
from ruamel.yaml.tokens import CommentToken

from hearth_control.catalog.adopt.model import Adoption

HEADER: Final = """\
# A service of your own. `hearth show {name}` says everything that follows from this file.
"""
_QUOTES: Final = (DoubleQuotedScalarString, SingleQuotedScalarString)
_FLOW: Final = frozenset({"memory", "probe", "postgres", "upgrade", "formats"})
_QUOTED: Final = re.compile(r"[-+]?[0-9][0-9.:_xoeE]*|true|false|yes|no|on|off|null|~|")


def write(text: str, adoption: Adoption) -> str:
    """Write the service's file from the person's Compose file."""
    yaml = _yaml(text)
    document = yaml.load(text)
    _unmerge(document, set())
    for key in [key for key in document if key not in {"services", "volumes"}]:
        _remove(document, key)
    for section, names in (
        ("services", adoption.renamed),
        ("volumes", adoption.renamed_volumes),
    ):
        for old, new in names.items():
            if isinstance(document.get(section), CommentedMap) and old in document[section]:
                _rename(document[section], old, new)
    _sync(document["services"], adoption.services)
    if adoption.volumes:
        _sync(document.setdefault("volumes", CommentedMap()), adoption.volumes)
    elif "volumes" in document:
        _remove(document, "volumes")
    document.insert(0, "x-hearth", _fresh(adoption.block))
    out = io.StringIO()
    yaml.dump(document, out)
    return HEADER.format(name=adoption.name) + out.getvalue()


def _yaml(text: str) -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.allow_duplicate_keys = False
    offset = 2 if re.search(r"^( *)[\w.-]+:[ ]*\n\1 +- ", text, re.MULTILINE) else 0
    yaml.indent(mapping=2, sequence=2 + offset, offset=offset)
    yaml.representer.add_representer(type(None), _represent_nothing)
    return yaml


def _represent_nothing(representer: Any, _value: None) -> Any:  # noqa: ANN401  # ruamel's own types
    return representer.represent_scalar("tag:yaml.org,2002:null", "")


def _unmerge(node: Any, seen: set[int]) -> None:  # noqa: ANN401  # any YAML value
    """Write out what anchors and merges stood for: each place may change by itself now."""
    if not isinstance(node, CommentedMap | CommentedSeq):
        return
    node.yaml_set_anchor(None)
    if isinstance(node, CommentedMap):
        own = {key for key, _ in node.non_merged_items()}
        items = list(node.items())
    else:
        own = set(range(len(node)))
        items = list(enumerate(node))
    for key, value in items:
        if isinstance(value, CommentedMap | CommentedSeq):
            apart = value if key in own and id(value) not in seen else deepcopy(value)
            node[key] = apart
            seen.add(id(apart))
            _unmerge(apart, seen)
        elif key not in own:
            node[key] = value
    if hasattr(node, merge_attrib):
        delattr(node, merge_attrib)


def _sync(node: Any, wanted: Any) -> None:  # noqa: ANN401  # any YAML value
    """Change a node in place until it holds what is wanted."""
    if isinstance(node, CommentedMap):
        for key in [key for key in node if str(key) not in wanted]:
            _remove(node, key)
        known = {str(key): key for key in node}
        for name, value in wanted.items():
            key = known.get(name, name)
            node[key] = _updated(node, key, value)
        return
    for index in range(len(node) - 1, -1, -1):
        if index >= len(wanted) or (len(node) > len(wanted) and _plain(node[index]) not in wanted):
            del node[index]
    for index, value in enumerate(wanted):
        if index < len(node):
            node[index] = _updated(node, index, value)
        else:
            node.append(_fresh(value))


def _updated(node: Any, key: Any, value: Any) -> Any:  # noqa: ANN401  # any YAML value
    """Give what stands at a place afterwards: the old node where it can stay."""
    old = node[key] if isinstance(node, CommentedSeq) or key in node else None
    if isinstance(old, CommentedMap) and isinstance(value, Mapping):
        _sync(old, value)
        return old
    if isinstance(old, CommentedSeq) and isinstance(value, list):
        _sync(old, value)
        return old
    if isinstance(old, CommentedSeq) and isinstance(value, Mapping):
        return _as_mapping(old, value)
    if _plain(old) == value and type(_plain(old)) is type(value) and key in node:
        return old
    if isinstance(value, str) and isinstance(old, _QUOTES):
        return type(old)(value)
    return _fresh(value)


def _as_mapping(old: CommentedSeq, value: Mapping[str, Any]) -> CommentedMap:
    """Turn a list of `KEY=value` into a mapping; each line keeps its comment."""
    made = _fresh(value)
    for index, line in enumerate(old):
        name = str(line).partition("=")[0].strip()
        if name in made and index in old.ca.items:
            made.ca.items[name] = [None, None, old.ca.items[index][0], None]
    if old.ca.comment is not None:
        made.ca.comment = old.ca.comment
    result: CommentedMap = made
    return result


def _rename(node: CommentedMap, old: str, new: str) -> None:
    """Give a key another name in its place."""
    place = list(node).index(old)
    comment = node.ca.items.pop(old, None)
    value = node.pop(old)
    node.insert(place, new, value)
    if comment is not None:
        node.ca.items[new] = comment


def _remove(node: CommentedMap, key: Any) -> None:  # noqa: ANN401  # any YAML key
    """Take a key out, and leave the comment that stood before the next one."""
    keys = list(node)
    place = keys.index(key)
    following = _comment_after(node, key)
    del node[key]
    if not following.strip() or place + 1 >= len(keys):
        return
    after = keys[place + 1]
    texts = (line.strip() for line in following.strip().splitlines())
    lines = "\n".join(text.removeprefix("#").removeprefix(" ") for text in texts)
    node.yaml_set_comment_before_after_key(after, before=lines, indent=node.lc.col)


def _comment_after(node: Any, key: Any) -> str:  # noqa: ANN401  # any YAML value
    """Find the lines of comment that hang on the last thing of a key, and speak of the next."""
    value = node[key]
    if isinstance(value, CommentedMap | CommentedSeq) and len(value):
        last = list(value)[-1] if isinstance(value, CommentedMap) else len(value) - 1
        return _comment_after(value, last)
    said = node.ca.items.get(key) or ()
    texts = [one.value for one in said if isinstance(one, CommentToken)]
    return "".join(text.partition("\n")[2] for text in texts)


def _plain(value: Any) -> Any:  # noqa: ANN401  # any YAML value
    if isinstance(value, CommentedMap):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, CommentedSeq):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _fresh(value: Any, key: str = "") -> Any:  # noqa: ANN401  # any YAML value
    """Make nodes of plain values, in the catalog's manner: short ones on one line."""
    if isinstance(value, Mapping):
        made = CommentedMap((name, _fresh(one, str(name))) for name, one in value.items())
        if key in _FLOW or not value or _is_short(value):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        items = CommentedSeq(_fresh(one) for one in value)
        if not any(isinstance(one, Mapping) for one in value) and len(str(value)) < 70:
            items.fa.set_flow_style()
        return items
    if isinstance(value, str) and _QUOTED.fullmatch(value):
        return DoubleQuotedScalarString(value)
    return value


def _is_short(value: Mapping[str, Any]) -> bool:
    flat = not any(isinstance(one, Mapping | list) for one in value.values())
    return flat and len(str(value)) < 100 and not any(" " in str(one) for one in value.values())
