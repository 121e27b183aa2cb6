"""Reading the layers: the home, its `.env`, the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hearth_control.catalog.model import Catalog
from hearth_control.settings.errors import SettingsError, SettingsUnreadableError
from hearth_control.settings.home import find_home, project_name
from hearth_control.settings.load import load_env, load_settings
from hearth_control.settings.model import Mode, Settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def load(
    catalog: Catalog, home: Path, environment: Mapping[str, str] | None = None, **flags: str
) -> Settings:
    return load_settings(catalog=catalog, home=home, environment=environment or {}, flags=flags)


@pytest.mark.parametrize(
    ("flag", "environment", "home"),
    [
        pytest.param("/f", {"HEARTH_HOME": "/e", "HOME": "/u"}, "/f", id="flag"),
        pytest.param(None, {"HEARTH_HOME": "/e", "HOME": "/u"}, "/e", id="environment"),
        pytest.param(None, {"HOME": "/u"}, "/u/.hearth", id="default"),
        pytest.param("", {"HEARTH_HOME": "", "HOME": "/u"}, "/u/.hearth", id="empty"),
    ],
)
def test_home_is_found(flag: str | None, environment: Mapping[str, str], home: str) -> None:
    assert find_home(flag, environment) == Path(home)


def test_relative_home_is_absolute() -> None:
    assert find_home("mine", {}) == Path.cwd() / "mine"


def test_project_tells_homes_apart(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    assert project_name(tmp_path / ".hearth", environment) == "hearth"
    other = project_name(tmp_path / "other", environment)
    assert other.startswith("hearth-")
    assert len(other) == len("hearth-") + 6
    assert project_name(tmp_path / "other" / ".." / "other", environment) == other
    assert project_name(tmp_path / "third", environment) != other


def test_no_file_says_nothing(catalog: Catalog, tmp_path: Path) -> None:
    assert load(catalog, tmp_path).preset == "starter"
    assert load(catalog, tmp_path / "gone").preset == "starter"


def test_layers_are_read(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfMODE=public\r\nBASE_PORT=20000\r\nBIND=::1\r\n")
    made = load(
        catalog,
        tmp_path,
        {"HEARTH_MODE": "tunnel", "HEARTH_BASE_PORT": "30000", "MODE": "zzz"},
        BASE_PORT="40000",
    )
    assert (made.mode, made.base_port, made.bind) == (Mode.TUNNEL, 40000, "::1")
    assert made.origins["BASE_PORT"].origin == "flag"


def test_last_of_two_lines_holds(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MODE=public\nMODE=tunnel\n")
    assert load(catalog, tmp_path).mode is Mode.TUNNEL


def test_environment_of_others_passes(catalog: Catalog, tmp_path: Path) -> None:
    theirs = {"HEARTH_STONE_LEVEL": "7", "HEARTH_HOME": "/x", "HEARTHSTONE": "1"}
    assert load(catalog, tmp_path, theirs).preset == "starter"


def test_slip_in_environment_is_named(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(catalog, tmp_path, {"HEARTH_BASE_PROT": "1"})
    assert str(caught.value) == (
        "environment: HEARTH_BASE_PROT: unknown setting; did you mean `HEARTH_BASE_PORT`?"
    )


def test_faults_of_lines_are_collected(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("hello there\nMODE=zzz\nBIND='x\n")
    with pytest.raises(SettingsError) as caught:
        load(catalog, tmp_path)
    assert [str(one) for one in caught.value.findings] == [
        f"{tmp_path}/.env:1: should be `KEY=value`, found `hello there`",
        (f"{tmp_path}/.env:2: MODE: should be one of `private`, `public`, `tunnel`, found `zzz`"),
        f"{tmp_path}/.env:3: BIND: its quote is not closed",
    ]


def test_not_utf8_names_line(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"MODE=public\nBIND=\xff\n")
    with pytest.raises(SettingsError) as caught:
        load(catalog, tmp_path)
    assert str(caught.value) == f"{tmp_path}/.env:2: is not UTF-8: byte 0xff at position 17"


def test_file_is_a_folder(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsUnreadableError) as caught:
        load(catalog, tmp_path)
    assert str(caught.value) == f"{tmp_path}/.env: is a folder and should be a file"
    assert caught.value.hint == f"ls -ld '{tmp_path}/.env'"


def test_home_is_a_file(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(SettingsUnreadableError) as caught:
        load(catalog, tmp_path / "home")
    assert str(caught.value) == f"{tmp_path}/home: is a file and should be a folder"
    assert caught.value.hint == f"ls -ld '{tmp_path}/home'"


def test_file_cannot_be_read(catalog: Catalog, tmp_path: Path) -> None:
    """A link to itself fails for root too, whom no mode keeps out."""
    (tmp_path / ".env").symlink_to(tmp_path / ".env")
    with pytest.raises(SettingsUnreadableError) as caught:
        load(catalog, tmp_path)
    assert str(caught.value) == f"{tmp_path}/.env: cannot be read"
    assert caught.value.hint == f"ls -ld '{tmp_path}' '{tmp_path}/.env'"
    assert isinstance(caught.value.__cause__, OSError)


@given(data=st.binary(max_size=200))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_layer_or_faults(data: bytes, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(data)
    layer = load_env(tmp_path)
    assert set(layer.lines) == set(layer.values)
    assert all(fault.path == str(tmp_path / ".env") for fault in layer.faults)


def test_authorities_are_read(catalog: Catalog, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    made = load(catalog, tmp_path, CA_FILE=str(own))
    assert (made.ca_file, made.authorities) == (str(own), own.read_text())
    assert "MIIB" not in repr(made)
    assert load(catalog, tmp_path).authorities == ""


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("gone.pem", None, "cannot be read: no such file or directory", id="absent"),
        pytest.param(
            "own.pem",
            "-----BEGIN PRIVATE KEY-----",
            "holds no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)",
            id="a key",
        ),
    ],
)
def test_authorities_that_are_none_are_told(
    catalog: Catalog, tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    own = tmp_path / name
    if text is not None:
        own.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(catalog, tmp_path, CA_FILE=str(own))
    assert caught.value.message == f"settings: CA_FILE: `{own}` {says}"
    assert caught.value.hint == "hearth settings unset CA_FILE"
