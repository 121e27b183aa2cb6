"""Archives of code are read in a process of their own; hostile ones are refused in words."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hearth_server.adapters.source import archive
from hearth_server.adapters.source.naming import module_of
from hearth_server.adapters.source.reader import CodeLimits, ProcessCodeReader
from hearth_server.capabilities.code.errors import BadArchiveError
from hearth_server.capabilities.code.model import ParsedCode, Symbol, Use
from hearth_server.testing.repositories import SHOP, packed

pytestmark = pytest.mark.integration


async def read(tmp_path: Path, data: bytes, limits: CodeLimits | None = None) -> ParsedCode:
    path = tmp_path / "archive"
    path.write_bytes(data)
    return await ProcessCodeReader(limits).read(path, "shop")


@pytest.mark.parametrize("kind", ["tgz", "tar", "zip"])
async def test_code_is_read_and_nothing_of_it_is_run(tmp_path: Path, kind: str) -> None:
    code = await read(tmp_path, packed(SHOP, kind=kind))
    assert not has_run()
    by_name: dict[str, Symbol] = {each.name: each for each in code.symbols}
    assert {name for name, each in by_name.items() if each.kind == "module"} == {
        "shop", "shop.cart", "shop.pay", "run",
    }  # fmt: skip
    add = by_name["shop.cart.Cart.add"]
    assert [(each.name, each.kind, each.is_optional) for each in add.parameters] == [
        ("self", "either", False), ("item", "either", False), ("count", "keyword", True),
    ]  # fmt: skip
    assert (add.kind, add.path, add.line, add.type) == (
        "method", "src/shop/cart.py", 8, "shop.cart.Cart",
    )  # fmt: skip
    assert by_name["shop.cart.Base"].summary == "What carts have in common."
    assert by_name["shop.pay.Express"].bases == ("shop.cart.Cart",)
    calls = {(each.source, each.target) for each in code.uses if each.kind == "calls"}
    assert ("shop.cart.Cart.add", "shop.cart.Cart.check") in calls
    assert ("shop.pay.pay", "shop.cart.Cart") in calls
    assert ("shop.pay.pay", "shop.cart.Cart.add") in calls
    wanted = Use(
        kind="imports", source="shop.pay", target="shop.cart.Cart", path="src/shop/pay.py", line=3
    )
    assert wanted in code.uses
    assert code.files == len(SHOP)
    assert list(code.left_out) == [
        "broken.py: is no Python of this version: line 1: invalid syntax",
        "latin.py: is no UTF-8",
    ]


def linked() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        link = tarfile.TarInfo("shop/passwd.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        device = tarfile.TarInfo("shop/null.py")
        device.type = tarfile.CHRTYPE
        tar.addfile(device)
        entry = tarfile.TarInfo("shop/a.py")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"x = 1"))
    return out.getvalue()


async def test_links_and_devices_are_passed_over(tmp_path: Path) -> None:
    code = await read(tmp_path, linked())
    assert {each.name for each in code.symbols} == {"a", "a.x"}


def has_run() -> bool:
    return Path("/tmp/hearth-code-was-run").exists()


DEEP = b"x = " + b"-" * 200_000 + b"1\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no archive", "is no ZIP or tar archive that can be read"),
        (b"PK\x03\x04 broken", "is no ZIP or tar archive that can be read"),
        (b"\x1f\x8bbroken", "is no ZIP or tar archive that can be read"),
        (packed(SHOP)[:300], "is no ZIP or tar archive that can be read"),
        (packed({"../evil.py": b"x"}), "has a file whose name leads out of it"),
        (packed({"a/../../evil.py": b"x"}, kind="zip"), "has a file whose name leads out of it"),
        (packed({"/etc/evil.py": b"x"}), "has a file whose name leads out of it"),
        (packed({"C:\\evil.py": b"x"}, kind="zip"), "has a file whose name leads out of it"),
    ],
    ids=["text", "zip", "gzip", "cut", "up", "up-zip", "absolute", "drive"],
)
async def test_what_is_no_sound_archive_is_refused(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    with pytest.raises(BadArchiveError) as caught:
        await read(tmp_path, data)
    assert caught.value.message == f"archive `shop`: {reason}"


async def test_what_cannot_be_parsed_is_left_out(tmp_path: Path) -> None:
    code = await read(
        tmp_path, packed({"deep.py": DEEP, "null.py": b"x = '\x00'", "a.py": b"x = 1\n"})
    )
    assert {each.name for each in code.symbols} == {"a", "a.x"}
    assert [each.partition(":")[0] for each in code.left_out] == ["deep.py", "null.py"]


async def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    bomb = packed({f"b{number}.bin": bytes(300_000_000) for number in range(4)}, kind="zip")
    assert len(bomb) < 2_000_000
    with pytest.raises(BadArchiveError, match="unpacks to more than is allowed"):
        await read(tmp_path, bomb)
    assert archive.MAX_UNPACKED == 1024**3


async def test_reading_that_takes_too_long_or_too_much_ends(tmp_path: Path) -> None:
    slow = CodeLimits(wall_seconds=0.01)
    with pytest.raises(BadArchiveError, match="takes too long"):
        await read(tmp_path, packed(SHOP), slow)
    large = {"big.py": b"x = [" + b"1, " * 600_000 + b"]", "a.py": b"x = 1"}
    code = await read(tmp_path, packed(large), CodeLimits(memory_bytes=150_000_000))
    assert {each.name for each in code.symbols} == {"a", "a.x"}
    assert code.left_out == ("big.py: cannot be parsed",)


@pytest.mark.parametrize(
    "script", ["(" * 5_000, "-" * 100_000 + "1", "x" + ".y" * 50_000, "x = '\x00'"]
)
async def test_hostile_scripts_end_in_words(script: str) -> None:
    reader = ProcessCodeReader()
    try:
        checked = await reader.check("shop", script, ())
    except BadArchiveError as error:
        assert error.message.startswith("script: ")  # noqa: PT017  either is a sound end
    else:
        assert {each.problem for each in checked.findings} <= {"syntax"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/shop/cart.py", "shop.cart"),
        ("src/shop/__init__.py", "shop"),
        ("packages/a/src/space/tool.py", "space.tool"),
        ("lib/deep/er/x.py", "deep.er.x"),
        ("tests/unit/test_a.py", "tests.unit.test_a"),
        ("setup.py", "setup"),
    ],
)
def test_a_file_is_the_module_that_is_imported(path: str, name: str) -> None:
    packages = {"src/shop", "lib/deep", "lib/deep/er"}
    assert module_of(path, packages).name == name
