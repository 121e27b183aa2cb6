"""The Cypher of the graph, by name. Every pattern begins at the owner and ends at the owner's.

Labels and kinds are properties: Cypher takes no parameter in place of a label, and text that is
put into a query is how one person reads another's graph. The community edition has one database
and no rights by row, so the anchor in each pattern is what keeps people apart.
"""

from __future__ import annotations

from typing import Final, LiteralString

SCHEMA: Final[tuple[LiteralString, ...]] = (
    "CREATE CONSTRAINT hearth_user IF NOT EXISTS FOR (u:User) REQUIRE u.id IS UNIQUE",
    (
        "CREATE CONSTRAINT hearth_thing IF NOT EXISTS"
        " FOR (n:Thing) REQUIRE (n.owner, n.label, n.name) IS UNIQUE"
    ),
    "CREATE INDEX hearth_thing_id IF NOT EXISTS FOR (n:Thing) ON (n.id)",
)
"""Without the constraints two that merge at once would make the same thing twice."""

PUT_OWNER: Final[LiteralString] = "MERGE (u:User {id: $owner}) RETURN u.id AS id"

PUT_NODE: Final[LiteralString] = """
MERGE (u:User {id: $owner})
MERGE (n:Thing {owner: $owner, label: $label, name: $name})
ON CREATE SET n.id = $id, n.note = $note, n.created_at = $now, n.updated_at = $now
ON MATCH SET
  n.updated_at = CASE WHEN $note IN ['', n.note] THEN n.updated_at ELSE $now END,
  n.note = CASE WHEN $note = '' THEN n.note ELSE $note END
MERGE (u)-[:OWNS]->(n)
RETURN n {.id, .label, .name, .note, .created_at, .updated_at} AS node
"""

PUT_EDGE: Final[LiteralString] = """
MATCH (u:User {id: $owner})-[:OWNS]->(s:Thing {id: $source})
MATCH (u)-[:OWNS]->(t:Thing {id: $target})
MERGE (s)-[r:RELATES {kind: $kind, holds: true}]->(t)
ON CREATE SET r.id = $id, r.note = $note, r.valid_from = $now
ON MATCH SET r.note = CASE WHEN $note = '' THEN r.note ELSE $note END
RETURN r {.id, .kind, .note, .valid_from, .valid_to, source: s.id, target: t.id} AS edge
"""

END_EDGE: Final[LiteralString] = """
MATCH (u:User {id: $owner})-[:OWNS]->(:Thing)-[r:RELATES {id: $id, holds: true}]->(:Thing)
SET r.valid_to = CASE WHEN r.valid_from > $now THEN r.valid_from ELSE $now END
REMOVE r.holds
RETURN count(r) AS changed
"""

FIND_NODES: Final[LiteralString] = """
MATCH (:User {id: $owner})-[:OWNS]->(n:Thing)
WHERE ($label IS NULL OR n.label = $label) AND toLower(n.name) CONTAINS toLower($text)
RETURN n {.id, .label, .name, .note, .created_at, .updated_at} AS node
ORDER BY n.label, n.name
LIMIT $limit
"""

GET_NODE: Final[LiteralString] = """
MATCH (:User {id: $owner})-[:OWNS]->(n:Thing {id: $id})
RETURN n {.id, .label, .name, .note, .created_at, .updated_at} AS node
"""

NEXT_TO: Final[LiteralString] = """
MATCH (u:User {id: $owner})-[:OWNS]->(n:Thing)-[:RELATES {holds: true}]-(m:Thing)<-[:OWNS]-(u)
WHERE n.id IN $frontier AND NOT m.id IN $seen
WITH DISTINCT m
RETURN m {.id, .label, .name, .note, .created_at, .updated_at} AS node
ORDER BY m.label, m.name
LIMIT $limit
"""

# Two patterns: within one, Cypher goes no relation twice, and a thing may relate to itself.
EDGES_BETWEEN: Final[LiteralString] = """
MATCH (u:User {id: $owner})-[:OWNS]->(s:Thing)-[r:RELATES {holds: true}]->(t:Thing)
MATCH (u)-[:OWNS]->(t)
WHERE s.id IN $ids AND t.id IN $ids
RETURN r {.id, .kind, .note, .valid_from, .valid_to, source: s.id, target: t.id} AS edge
ORDER BY r.id
"""

DELETE_NODE: Final[LiteralString] = """
MATCH (:User {id: $owner})-[:OWNS]->(n:Thing {id: $id})
DETACH DELETE n
RETURN count(n) AS changed
"""
