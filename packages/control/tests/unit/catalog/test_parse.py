"""What a person is told of each fault that a service file can have, whole."""

from __future__ import annotations

import pytest
from hearth_control.catalog.errors import CatalogError
from hearth_control.catalog.model import Memory, Metrics, Offer, Port, SecretKind, Service
from hearth_control.catalog.parse import MOST_BYTES, parse_presets, parse_service
from hearth_control.catalog.tree import MOST_DEPTH
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

SMALL = """\
x-hearth:
  title: One
  summary: A service
  home: https://example.org
  licence: MIT
  memory: {typical: 100M, limit: 1G}
services:
  one:
    image: example/one:1.2.3
"""


def parse(text: str) -> Service:
    return parse_service(text, path="one.yaml", name="one", stack="03-apps", files={})


def found(text: str) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        parse(text)
    return [str(finding) for finding in caught.value.findings]


def with_block(*lines: str) -> str:
    """Put lines into the `x-hearth` block; the first of them is line 7."""
    written = "".join(f"  {line}\n" for line in lines)
    return SMALL.replace("services:\n", f"{written}services:\n", 1)


def with_service(*lines: str) -> str:
    """Add lines to the container; the first of them is line 10."""
    return SMALL + "".join(f"    {line}\n" for line in lines)


def bomb() -> str:
    """Write a file of some lines that would be a billion values."""
    lines = ["a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join(lines)


TEXTS = {
    "empty": ("", ["one.yaml: is empty"]),
    "only-comments": ("# nothing\n", ["one.yaml: is empty"]),
    "no-mapping": ("- a\n", ["one.yaml:1: should be a mapping"]),
    "plain-text": ("hello\n", ["one.yaml:1: should be a mapping"]),
    "unclosed": (
        "a: [1, 2\nb: 3\n",
        ["one.yaml:2: is not valid YAML: did not find expected ',' or ']'"],
    ),
    "bad-indent": (
        "a:\n  b: 1\n c: 2\n",
        ["one.yaml:3: is not valid YAML: did not find expected key"],
    ),
    "tab": ("a:\n\tb: 1\n", ["one.yaml:2: a tab indents this line; indent with spaces"]),
    "control-character": (
        "a: \x07\n",
        ["one.yaml:1: is not valid YAML: control characters are not allowed"],
    ),
    "surrogate": ("a: \ud800\n", ["one.yaml:1: holds half a surrogate pair"]),
    "duplicate": (
        "a: 1\nb: 2\na: 3\n",
        ["one.yaml:3: a: duplicate key; the first is on line 1"],
    ),
    "two-documents": (
        "a: 1\n---\nb: 2\n",
        ["one.yaml:2: a second document starts here; keep one in a file"],
    ),
    "unknown-tag": (
        "a: !!python/object:os.system 1\n",
        ["one.yaml:1: a: unknown tag `tag:yaml.org,2002:python/object:os.system`"],
    ),
    "key-is-list": ("? [a]\n: 1\n", ["one.yaml:1: a key should be plain text"]),
    "unknown-anchor": ("a: *b\n", ["one.yaml:1: a: `*b` names no finished anchor before it"]),
    "anchor-in-itself": (
        "a: &a [*a]\n",
        ["one.yaml:1: a[0]: `*a` names no finished anchor before it"],
    ),
    "merge-of-text": ("a:\n  <<: text\n", ["one.yaml:2: a.<<: should be a mapping to merge"]),
    "bomb": (
        bomb(),
        ["one.yaml:5: e[1]: has more than 20000 values once its aliases are expanded"],
    ),
    "deep": ("[" * 500, [f"one.yaml:1: is nested deeper than {MOST_DEPTH} levels"]),
    "large": ("#" * (MOST_BYTES + 1), ["one.yaml: is larger than 1 MiB"]),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_fault_of_text(text: str, expected: list[str]) -> None:
    assert found(text) == expected


SHAPES = {
    "no-block": ("services:\n  one: {image: a:1}\n", ["one.yaml: x-hearth: is missing"]),
    "no-services": (
        "x-hearth: {}\n",
        [
            "one.yaml: services: is missing",
            "one.yaml:1: x-hearth.title: is missing",
            "one.yaml:1: x-hearth.summary: is missing",
            "one.yaml:1: x-hearth.home: is missing",
            "one.yaml:1: x-hearth.licence: is missing",
        ],
    ),
    "services-empty": (
        SMALL.partition("services:")[0] + "services: {}\n",
        ["one.yaml:7: services: should not be empty"],
    ),
    "block-is-text": (
        "x-hearth: hello\nservices:\n  one: {image: a:1}\n",
        ["one.yaml:1: x-hearth: should be a mapping, found `hello`"],
    ),
    "service-is-text": (
        SMALL.partition("  one:")[0] + "  one: hello\n",
        ["one.yaml:8: services.one: should be a mapping, found `hello`"],
    ),
    "title-is-number": (
        SMALL.replace("title: One", "title: 7"),
        ["one.yaml:2: x-hearth.title: should be text, found the number `7`"],
    ),
    "title-empty": (
        SMALL.replace("title: One", "title: ''"),
        ["one.yaml:2: x-hearth.title: should not be empty"],
    ),
    "unknown-key": (
        with_block("egres: true"),
        ["one.yaml:7: x-hearth.egres: unknown key; did you mean `egress`?"],
    ),
    "unknown-key-like-none": (
        with_block("zzz: true"),
        [
            (
                "one.yaml:7: x-hearth.zzz: unknown key; known are `backup`, `code`, "
                "`containers`, `disk`, `egress`, `embedded`, `hardening`, `home`, `lan`, "
                "`licence`, "
                "`main`, `memory`, `metrics`, `needs`, `offers`, `port`, `ports`, `probe`, "
                "`route`, `secret_files`, `secrets`, `sources`, `stack`, `stateless`, `summary`, "
                "`title`, `uid`, `upgrade`, `variables`, `variants`, `wants`"
            )
        ],
    ),
    "unknown-inner-key": (
        with_block("route: {name: a, acces: own}"),
        ["one.yaml:7: x-hearth.route.acces: unknown key; did you mean `access`?"],
    ),
    "unknown-inner-key-like-none": (
        with_block("route: {name: a, zzz: 1}"),
        [
            (
                "one.yaml:7: x-hearth.route.zzz: unknown key; known are `access`, "
                "`container`, `name`, `open_paths`, `port`"
            )
        ],
    ),
    "not-boolean": (
        with_block("egress: yes"),
        ["one.yaml:7: x-hearth.egress: should be `true` or `false`, found `yes`"],
    ),
    "not-list": (
        with_block("ports: 7"),
        ["one.yaml:7: x-hearth.ports: should be a list, found the number `7`"],
    ),
    "not-mapping": (
        with_block("containers: [one]"),
        ["one.yaml:7: x-hearth.containers: should be a mapping, found a list"],
    ),
    "not-whole": (
        with_block("port: 7.5"),
        ["one.yaml:7: x-hearth.port: should be a whole number, found the number `7.5`"],
    ),
    "nothing": (
        with_block("port: one"),
        ["one.yaml:7: x-hearth.port: should be a whole number, found `one`"],
    ),
    "too-large": (
        with_block("port: 1000"),
        ["one.yaml:7: x-hearth.port: should be at most 999, found `1000`"],
    ),
    "too-small": (
        with_block("uid: -1"),
        ["one.yaml:7: x-hearth.uid: should be at least 0, found `-1`"],
    ),
    "zero-size": (
        with_block("disk: 0"),
        ["one.yaml:7: x-hearth.disk: should be above 0, found `0`"],
    ),
    "no-size": (
        with_block("disk: much"),
        [("one.yaml:7: x-hearth.disk: should be a size such as `600M` or `2G`, found `much`")],
    ),
    "no-choice": (
        with_block("backup: {data: file}"),
        [
            (
                "one.yaml:7: x-hearth.backup.data: should be one of `postgres`, `mongodb`, "
                "`neo4j`, `redis`, `clickhouse`, `sqlite`, `files`, `stopped`, `worthless`, found "
                "`file`; did you mean `files`?"
            )
        ],
    ),
    "no-choice-like-any": (
        with_block("backup: {data: zzz}"),
        [
            (
                "one.yaml:7: x-hearth.backup.data: should be one of `postgres`, `mongodb`, "
                "`neo4j`, `redis`, `clickhouse`, `sqlite`, `files`, `stopped`, `worthless`, "
                "found `zzz`"
            )
        ],
    ),
    "unknown-hardware": (
        with_block("variants: {nvida: {image: a:1}}"),
        [
            (
                "one.yaml:7: x-hearth.variants.nvida: should be one of `cpu`, `nvidia`, "
                "`amd`, found `nvida`; did you mean `nvidia`?"
            )
        ],
    ),
    "unknown-kind": (
        with_block("secrets: {key: hexx}"),
        [
            (
                "one.yaml:7: x-hearth.secrets.key.kind: should be one of `hex`, `base64`, "
                "`password`, `prefixed`, `token`, `jwt`, `bcrypt`, `pair`, `given`, found "
                "`hexx`; did you mean `hex`?"
            )
        ],
    ),
    "no-duration": (
        with_block("embedded: {processes: {one: {command: [a], start: soon}}}"),
        [
            (
                "one.yaml:7: x-hearth.embedded.processes.one.start: should be a duration "
                "such as `90s` or `1m30s`, found `soon`"
            )
        ],
    ),
    "no-command": (
        with_block("embedded: {processes: {one: {command: []}}}"),
        ["one.yaml:7: x-hearth.embedded.processes.one.command: should not be empty"],
    ),
    "compose-ports": (
        with_service("ports: ['1:1']"),
        [
            (
                "one.yaml:10: services.one.ports: published ports come from `x-hearth.port`; "
                "use `expose`"
            )
        ],
    ),
    "compose-unknown": (
        with_service("imagee: a"),
        ["one.yaml:10: services.one.imagee: unknown key; did you mean `image`?"],
    ),
    "compose-top": (
        SMALL + "networks: {}\nversion: '3'\n",
        [
            "one.yaml:10: networks: networks are made from `needs` and `wants`; remove it",
            "one.yaml:11: version: is obsolete; remove it",
        ],
    ),
    "compose-top-unknown": (
        SMALL + "volums: {}\n",
        ["one.yaml:10: volums: unknown key; did you mean `volumes`?"],
    ),
    "environment-is-text": (
        with_service("environment: A=b"),
        [("one.yaml:10: services.one.environment: should be a mapping or a list, found `A=b`")],
    ),
    "healthcheck-is-list": (
        with_service("healthcheck: [a]"),
        ["one.yaml:10: services.one.healthcheck: should be a mapping, found a list"],
    ),
    "expose-is-number": (
        with_service("expose: 80"),
        ["one.yaml:10: services.one.expose: should be a list, found the number `80`"],
    ),
    "main-of-nothing": (
        with_block("main: two"),
        ["one.yaml:7: x-hearth.main: names no container of this file: `two`"],
    ),
    "container-of-nothing": (
        with_block("containers: {two: {job: true}}"),
        ["one.yaml:7: x-hearth.containers.two: names no container of this file"],
    ),
    "main-unsaid": (
        SMALL.replace("  one:", "  a: {image: a:1}\n  b:"),
        [
            "one.yaml:1: x-hearth: `main` is missing; name one of `a`, `b`",
            ("one.yaml:6: x-hearth.memory: say it for each container under `x-hearth.containers`"),
        ],
    ),
    "port-unexposed": (
        with_block("port: 7"),
        ["one.yaml:7: x-hearth.port: give `expose` to container `one` or `inner` here"],
    ),
    "several": (
        with_block("egress: 1", "zzz: 1", "port: a"),
        [
            "one.yaml:7: x-hearth.egress: should be `true` or `false`, found the number `1`",
            (
                "one.yaml:8: x-hearth.zzz: unknown key; known are `backup`, `code`, "
                "`containers`, `disk`, `egress`, `embedded`, `hardening`, `home`, `lan`, "
                "`licence`, "
                "`main`, `memory`, `metrics`, `needs`, `offers`, `port`, `ports`, `probe`, "
                "`route`, `secret_files`, `secrets`, `sources`, `stack`, `stateless`, `summary`, "
                "`title`, `uid`, `upgrade`, `variables`, `variants`, `wants`"
            ),
            "one.yaml:9: x-hearth.port: should be a whole number, found `a`",
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES)
def test_fault_of_shape(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_error_names_first_and_counts() -> None:
    with pytest.raises(CatalogError) as caught:
        parse("a: 1\nb: 2\na: 3\nb: 4\n")
    error = caught.value
    assert str(error) == "one.yaml:3: a: duplicate key; the first is on line 1 (and 1 more)"
    assert error.hint == "python -m hearth_control.catalog.check"
    assert error.code == "catalog-invalid"
    assert len(error.details["findings"]) == 2


def test_shorthands_are_filled_in() -> None:
    text = with_block(
        "port: 7",
        "route: chat",
        "needs: [postgres]",
        "wants: {llm: }",
        "offers: {search: 'http://one:80'}",
        "secrets: {key: hex}",
        "variables: {ONE_LANGUAGE: en}",
        "sources: {localhost: 80}",
    )
    service = parse(text + "    expose: ['80/tcp', 81]\n")
    assert service.ports == (Port(offset=7, container="one", inner=80),)
    assert service.route is not None
    assert service.route.name == "chat"
    assert (tuple(service.needs), tuple(service.wants)) == (("postgres",), ("llm",))
    assert service.offers == {"search": Offer(url="http://one:80")}
    assert service.secrets["key"].kind is SecretKind.HEX
    assert service.variables["ONE_LANGUAGE"].default == "en"
    assert service.sources.localhost_port == 80
    assert service.main == "one"
    assert service.containers[0].memory == Memory(typical=100 << 20, limit=1 << 30)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("22:22", "22:22"),
        ("2026-11-21", "2026-11-21"),
        ("0o17", 15),
        ("0x1f", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("~", None),
        ("True", True),
        ("'7'", "7"),
        ("!!str 7", "7"),
        ("9" * 30, "9" * 30),
    ],
)
def test_values_are_as_compose_reads(written: str, value: object) -> None:
    service = parse(with_service(f"x-note: {written}"))
    assert service.containers[0].spec["x-note"] == value


def test_anchors_and_merges() -> None:
    text = with_service("x-a: &a {b: 1, c: 2}", "x-d: {<<: *a, c: 3}")
    assert parse(text).containers[0].spec["x-d"] == {"b": 1, "c": 3}


def test_job_keeps_service_memory_apart() -> None:
    text = with_block("containers: {one-job: {job: true}}") + "  one-job: {image: a:1}\n"
    main, job = parse(text).containers
    assert main.memory is not None
    assert (job.job, job.memory) == (True, None)


PRESETS = {
    "unknown-key": (
        "presets: {a: {title: A, summary: b, services: [c], service: 1}}",
        ["p.yaml:1: presets.a.service: unknown key; did you mean `services`?"],
    ),
    "no-services": (
        "presets: {a: {title: A, summary: b, services: []}}",
        ["p.yaml:1: presets.a.services: should not be empty"],
    ),
    "missing": (
        "other: 1",
        [
            "p.yaml: presets: is missing",
            "p.yaml:1: other: unknown key; known are `presets`",
        ],
    ),
    "empty": ("", ["p.yaml: is empty"]),
}


@pytest.mark.parametrize(("text", "expected"), PRESETS.values(), ids=PRESETS)
def test_fault_of_presets(text: str, expected: list[str]) -> None:
    with pytest.raises(CatalogError) as caught:
        parse_presets(text, path="p.yaml")
    assert [str(one) for one in caught.value.findings] == expected


def test_presets_keep_order() -> None:
    text = "presets:\n  b: {title: B, summary: s, services: [x, y], settings: {MODE: public}}\n"
    presets = parse_presets(text + "  a: {title: A, summary: s, services: [x]}\n", path="p.yaml")
    assert list(presets) == ["b", "a"]
    assert presets["b"].services == ("x", "y")
    assert presets["b"].settings == {"MODE": "public"}


LINES = st.sampled_from([*SMALL.splitlines(), "  port: 7", "- a", "  <<: *a", "\tb: 1", "? [a]"])
PIECES = st.one_of(
    st.text(), st.lists(LINES).map("\n".join), st.builds(str.__add__, LINES, st.text())
)


@given(PIECES)
def test_any_text_gives_service_or_findings(text: str) -> None:
    try:
        paths = {parse(text).path}
    except CatalogError as error:
        paths = {finding.path for finding in error.findings}
    assert paths == {"one.yaml"}


def test_metrics_of_a_stranger() -> None:
    assert found(with_block("metrics: {port: 9100, container: two}")) == [
        "one.yaml:7: x-hearth.metrics.container: names no container of this file: `two`"
    ]
    assert parse(with_block("metrics: 9100")).metrics == Metrics(port=9100)
