from __future__ import annotations

import pytest
from builders import catalog, container, lambda_server, qdrant, service
from hearth_control.catalog.code import dockerfiles, with_code

pytestmark = pytest.mark.unit

DIGEST = "0123456789abcdef"


def test_built_image_is_marked() -> None:
    found = with_code(catalog(lambda_server(), qdrant()), {"lambda-server": DIGEST})
    server = found.services["lambda-server"]
    assert {one.image for one in server.containers} == {"hearth/lambda-server:0.1.0-0123456789"}
    assert found.services["qdrant"] == qdrant()


def test_processes_are_marked() -> None:
    embedded = with_code(catalog(lambda_server()), {"lambda-server": DIGEST})
    own = embedded.services["lambda-server"].embedded
    assert own is not None
    assert {process.version for process in own.processes.values()} == {"0123456789"}


def test_pulled_image_stays() -> None:
    pulled = service("one", containers=(container("one"),))
    found = with_code(catalog(pulled), {"one": DIGEST})
    assert found.services["one"].containers == pulled.containers


def test_nothing_digested_nothing_changed() -> None:
    given = catalog(lambda_server())
    assert with_code(given, {}) is given


@pytest.mark.parametrize(
    ("build", "file"),
    [
        ("../../..", "Dockerfile"),
        ({"context": "../../..", "dockerfile": "docker/one.Dockerfile"}, "docker/one.Dockerfile"),
        ({"context": "."}, "catalog/03-apps/one/Dockerfile"),
    ],
    ids=["text", "named", "beside"],
)
def test_dockerfiles_from_root(build: object, file: str) -> None:
    assert dockerfiles(service("one", spec={"build": build})) == (file,)


def test_own_service_is_not_of_checkout() -> None:
    own = service("one", path="/home/ann/.hearth/services/one/compose.yaml", spec={"build": "."})
    assert dockerfiles(own) == ()
