"""Arguments that try to break in: what a schema asks for, as hostile as it lets it be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hearth_kit.ids import uuid7
from hypothesis import strategies as st

from hearth_server.registry.declare import Tool
from hearth_server.testing.attack import ADDRESSES, COMMON

HOSTILE: Final = (
    *(
        "' or 1=1 --",
        "'; delete from knowledge.documents; --",
        "%",
        "_%",
        '"',
        "\\",
        "$1",
        "%(owner)s",
    ),
    *("') RETURN n UNION MATCH (n:Thing) RETURN n //", "}) DETACH DELETE n //", "*..9", "User"),
    *("}) match (n) return n //", "` or true or `", "n.owner", "owner", "user_id", "-owner", "*"),
    *("$gt", "$where", "owner.$ne", "this.owner != 1", "{}", '{"$match": {}}'),
    *('{"$ne": null}', '{"$where": "true"}', '[{"$gt": ""}]', '{"owner": {"$exists": true}}'),
    *("../", "..\\..\\etc/passwd", "%2e%2e%2f", "file:///etc/passwd", "/", ".", "user-", "C:\\"),
    *("user-*/", "user-/../", "%00", "....//", "..;/", "\u2025/", "\uff0e\uff0e/", "s3://hearth/"),
    *("\u0430da@example.org", "\uff41da@example.org", "ADA@EXAMPLE.ORG", "ada@example.org\u200b"),
    *("", " ", "\x00", "\ud800", "\u202e", "🙂" * 50, "x" * 5_000, "null", "0", "-1", "1e999"),
    *(COMMON, "water", "person", "knows", "documents", "objects", "chunks", "nodes", "edges"),
    *("tokens", "links", "events", "upload", "text", "storage", "supabase", "neo4j", "mongodb"),
    *ADDRESSES.values(),
)
EXTRA: Final = ("owner", "user_id", "caller", "email", "hearth.user_id", "role", "__class__")


def texts(ids: Sequence[str]) -> st.SearchStrategy[str]:
    """Hostile texts, ids of others, and paths made of them."""
    paths = st.builds("user-{}/documents/{}".format, st.sampled_from(ids), st.sampled_from(ids))
    chunks = st.builds("{}:0".format, st.sampled_from(ids))
    return st.sampled_from(HOSTILE) | st.sampled_from(ids) | paths | chunks | st.text(max_size=20)


def values(  # noqa: C901, PLR0911  one case a kind of schema
    schema: Mapping[str, Any], whole: Mapping[str, Any], ids: Sequence[str]
) -> st.SearchStrategy[Any]:
    """Values that a schema asks for, as hostile as it lets them be."""
    if "$ref" in schema:
        return values(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, ids)
    if "anyOf" in schema:
        return st.one_of([values(each, whole, ids) for each in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "string" if schema.get("format") == "uuid":
            return st.sampled_from(ids) | st.builds(lambda: str(uuid7()))
        case "string":
            return texts(ids)
        case "integer":
            edges = [schema.get("minimum", 0), schema.get("maximum", 100), 0, 1, 5, -1, 2**63]
            return st.sampled_from(edges)
        case "number":
            return st.sampled_from([0.0, 1.0, -1.0, 1e308])
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(values(schema.get("items", {}), whole, ids), max_size=3)
        case "null":
            return st.none()
        case _:
            leaf = texts(ids) | st.none() | st.integers(-9, 9)
            return st.dictionaries(texts(ids), leaf | st.lists(leaf, max_size=2), max_size=3)


def arguments(tool: Tool, ids: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of a tool: mostly such that it takes them, now and then one too many."""
    schema = tool.arguments_schema()
    fields = {name: values(each, schema, ids) for name, each in schema["properties"].items()}
    needed = {name: each for name, each in fields.items() if name in schema.get("required", ())}
    given_ones = st.fixed_dictionaries(
        needed, optional={name: each for name, each in fields.items() if name not in needed}
    )
    extra = st.dictionaries(st.sampled_from(EXTRA), st.sampled_from(ids), max_size=1)
    return st.builds(
        lambda usual, more, odd: usual | (more if odd else {}),
        given_ones,
        extra,
        st.integers(0, 9).map(lambda number: number == 0),
    )
