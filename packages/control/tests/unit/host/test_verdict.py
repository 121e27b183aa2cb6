"""Whether containers can use a card, as a table from what was found to what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hearth_control.host.parse import NvidiaCard
from hearth_control.host.verdict import SETUP, CardFacts, EngineAccess, PciCard, Smi, judge

pytestmark = pytest.mark.unit

GIB = 1024**3
RTX = PciCard(vendor="10de", device="2684", name="AD102", driver="nvidia")
SEEN = NvidiaCard(name="NVIDIA GeForce RTX 4090", vram=24 * GIB, driver="570.86.10")
ANSWERED = Smi(stage="answered", cards=(SEEN,))
RUNTIME = EngineAccess(runtimes=frozenset({"runc", "nvidia"}))
RADEON = PciCard(
    vendor="1002",
    device="744c",
    name="Radeon RX 7900 XT",
    driver="amdgpu",
    vram=20 * GIB,
    has_render=True,
)
AMD = CardFacts(pci=(RADEON,), has_kfd=True, permitted=True, groups=(44, 992))


def test_runtime_makes_it_usable() -> None:
    (card,) = judge(CardFacts(pci=(RTX,), smi=ANSWERED, toolkit=True, engine=RUNTIME))
    assert (card.usable, card.access, card.vram) == (True, "runtime", 24 * GIB)
    assert (card.name, card.driver) == ("NVIDIA GeForce RTX 4090", "570.86.10")


def test_cdi_alone_makes_it_usable() -> None:
    facts = CardFacts(
        pci=(RTX,),
        smi=ANSWERED,
        cdi_kinds=frozenset({"nvidia.com/gpu"}),
        engine=EngineAccess(cdi=True),
    )
    assert [(card.usable, card.access) for card in judge(facts)] == [(True, "cdi")]
    turned_off = replace(facts, engine=EngineAccess())
    assert [card.usable for card in judge(turned_off)] == [False]


@pytest.mark.parametrize(
    ("facts", "why", "fix"),
    [
        pytest.param(
            CardFacts(pci=(replace(RTX, driver=""),)),
            "NVIDIA's driver is not loaded",
            SETUP,
            id="no driver",
        ),
        pytest.param(
            CardFacts(pci=(replace(RTX, driver="nouveau"),)),
            "it runs on the driver nouveau, which cannot compute",
            SETUP,
            id="nouveau",
        ),
        pytest.param(
            CardFacts(pci=(replace(RTX, driver="vfio-pci"),)),
            "it is handed to a virtual machine (driver vfio-pci)",
            "lspci -nnk -d 10de:",
            id="passed through",
        ),
        pytest.param(
            CardFacts(pci=(RTX,), smi=Smi(stage="missing")),
            "the driver is loaded and `nvidia-smi` is not installed",
            SETUP,
            id="no tool",
        ),
        pytest.param(
            CardFacts(pci=(RTX,), smi=Smi(stage="hung")),
            "the driver is loaded and `nvidia-smi` hangs",
            "sudo dmesg | grep -i nvrm",
            id="hangs",
        ),
        pytest.param(
            CardFacts(
                pci=(RTX,),
                smi=Smi(
                    stage="failed",
                    message="Failed to initialize NVML: Driver/library version mismatch",
                ),
            ),
            "`nvidia-smi` says: Failed to initialize NVML: Driver/library version mismatch",
            "sudo reboot",
            id="updated without reboot",
        ),
        pytest.param(
            CardFacts(pci=(RTX,), smi=ANSWERED),
            "the NVIDIA Container Toolkit is not installed",
            SETUP,
            id="no toolkit",
        ),
        pytest.param(
            CardFacts(pci=(RTX,), smi=ANSWERED, toolkit=True),
            "Docker does not know NVIDIA's runtime",
            SETUP,
            id="not configured",
        ),
        pytest.param(
            replace(AMD, pci=(replace(RADEON, driver="radeon"),)),
            "it runs on the driver radeon, not amdgpu",
            SETUP,
            id="radeon",
        ),
        pytest.param(
            replace(AMD, has_kfd=False),
            "`/dev/kfd` is not there, so it cannot compute",
            SETUP,
            id="no kfd",
        ),
        pytest.param(
            replace(AMD, pci=(replace(RADEON, has_render=False),)),
            "it has no render node in `/dev/dri`",
            SETUP,
            id="no render node",
        ),
        pytest.param(
            replace(AMD, permitted=False, engine=EngineAccess(rootless=True)),
            "Docker runs as you, and you may not open `/dev/kfd`",
            SETUP,
            id="rootless without groups",
        ),
        pytest.param(
            CardFacts(pci=(PciCard(vendor="8086", device="4680"),)),
            "no service here computes on Intel's cards",
            "",
            id="intel",
        ),
    ],
)
def test_unusable_card_says_why_and_what_to_do(facts: CardFacts, why: str, fix: str) -> None:
    (card,) = judge(facts)
    assert (card.usable, card.why_not, card.fix) == (False, why, fix)


def test_radeon_is_given_by_its_files() -> None:
    (card,) = judge(AMD)
    assert (card.usable, card.access, card.groups) == (True, "devices", (44, 992))
    assert (card.name, card.vram) == ("AMD Radeon RX 7900 XT", 20 * GIB)


def test_engine_of_root_needs_no_groups_of_yours() -> None:
    assert [card.usable for card in judge(replace(AMD, permitted=False))] == [True]


def test_each_card_counts() -> None:
    two = Smi(stage="answered", cards=(SEEN, replace(SEEN, vram=12 * GIB)))
    cards = judge(CardFacts(pci=(RTX, RTX), smi=two, engine=RUNTIME))
    assert [(card.usable, card.vram) for card in cards] == [(True, 24 * GIB), (True, 12 * GIB)]


def test_card_that_fell_off_the_list_is_named() -> None:
    cards = judge(CardFacts(pci=(RTX, RTX), smi=ANSWERED, engine=RUNTIME))
    assert [(card.usable, card.why_not) for card in cards] == [
        (True, ""),
        (False, "`nvidia-smi` does not list it"),
    ]


def test_windows_gives_the_driver_on_wsl() -> None:
    (card,) = judge(CardFacts(is_wsl=True, smi=ANSWERED, engine=RUNTIME))
    assert card.usable
    assert judge(CardFacts(is_wsl=True, smi=Smi(stage="missing"))) == ()


def test_card_without_listed_name_shows_its_ids() -> None:
    (card,) = judge(CardFacts(pci=(PciCard(vendor="10de", device="2684"),)))
    assert card.name == "NVIDIA card 10de:2684"


def test_no_card_is_nothing_to_say() -> None:
    assert judge(CardFacts()) == ()
