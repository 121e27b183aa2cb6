"""Which repositories fit a Linux, by what it says of itself."""

from __future__ import annotations

import pytest
from hearth_control.host.distribution import distribution_of, parse_os_release

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "family", "release"),
    [
        pytest.param("ID=debian\nVERSION_CODENAME=bookworm\n", "debian", "bookworm", id="debian"),
        pytest.param("ID=debian\nVERSION_CODENAME=trixie\n", "debian", "trixie", id="debian 13"),
        pytest.param("ID=debian\nVERSION_CODENAME=sarge\n", "other", "", id="unknown debian"),
        pytest.param(
            "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n",
            "ubuntu",
            "noble",
            id="ubuntu",
        ),
        pytest.param(
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble',
            "ubuntu",
            "noble",
            id="mint",
        ),
        pytest.param(
            "ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm",
            "debian",
            "bookworm",
            id="mint on debian",
        ),
        pytest.param("ID=fedora\nVERSION_ID=42\n", "fedora", "42", id="fedora"),
        pytest.param("ID=nobara\nID_LIKE=fedora\nVERSION_ID=41\n", "fedora", "41", id="nobara"),
        pytest.param(
            'ID=rocky\nID_LIKE="rhel centos fedora"\nVERSION_ID=9\n', "other", "", id="rocky"
        ),
        pytest.param("ID=fedora\nVERSION_ID=rawhide\n", "other", "", id="rawhide"),
        pytest.param("ID=arch\n", "other", "", id="arch"),
        pytest.param("", "other", "", id="nothing"),
    ],
)
def test_repositories_fit(text: str, family: str, release: str) -> None:
    found = distribution_of(parse_os_release(text))
    assert (found.family, found.release) == (family, release)


def test_image_takes_no_packages() -> None:
    facts = {"ID": "fedora", "VERSION_ID": "42", "PRETTY_NAME": "Fedora Linux 42 (Silverblue)"}
    found = distribution_of(facts, is_image=True)
    assert (found.name, found.is_known) == ("Fedora Linux 42 (Silverblue)", False)


def test_broken_lines_are_passed_over() -> None:
    text = '# a remark\nNAME=\'un\nID=debian\nnonsense\nVERSION_CODENAME="bookworm"\nEMPTY=\n'
    assert parse_os_release(text) == {"ID": "debian", "VERSION_CODENAME": "bookworm", "EMPTY": ""}
