"""A bucket for each consumer of an object store, and an account where the store takes them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import catalog, plan, service, settings
from hearth_control.catalog.model import (
    Catalog,
    Need,
    Offer,
    SecretKind,
    SecretRule,
    Service,
    Source,
    Sources,
    Variable,
)
from hearth_control.plan.model import Bucket, ContainerUnit, Plan
from hearth_control.secrets.rules import recipes
from hearth_control.settings.model import ServiceSettings

pytestmark = pytest.mark.unit

USES = {
    "environment": {
        "BUCKET": "${S3_BUCKET}",
        "KEY": "${S3_USER}",
        "SECRET": "${S3_PASSWORD}",
    }
}


def store(**changes: Any) -> Service:
    offer = Offer(url="http://store:8333", user="${STORE_KEY}", secret="secret", accounts="store")
    given: dict[str, Any] = {
        "offers": {"s3": offer},
        "secrets": {"secret": SecretRule(kind=SecretKind.HEX)},
        "variables": {"STORE_KEY": Variable(default="hearth")},
        "sources": Sources(localhost_port=8333, external=True),
        "volumes": {"store-data": {}},
        **changes,
    }
    return service("store", "01-data", **given)


def consumer(name: str) -> Service:
    return service(name, needs={"s3": Need(bucket=f"{name}-files")}, spec=USES)


def both(one: Service) -> Catalog:
    return catalog(one, consumer("traces"), consumer("photos"))


ON = {"traces": "container", "photos": "container"}


def unit(made: Plan, name: str) -> ContainerUnit:
    found = made.unit(name)
    assert isinstance(found, ContainerUnit)
    return found


def environment(made: Plan, name: str) -> dict[str, str]:
    return dict(unit(made, name).spec["environment"])


def test_each_has_bucket_and_account() -> None:
    made = plan(both(store()), said=settings(services=ON))
    assert made.buckets == (
        Bucket(
            provider="store",
            consumer="photos",
            name="photos-files",
            user="photos",
            key="photos_s3",
        ),
        Bucket(
            provider="store",
            consumer="traces",
            name="traces-files",
            user="traces",
            key="traces_s3",
        ),
    )
    assert environment(made, "traces") == {
        "BUCKET": "traces-files",
        "KEY": "traces",
        "SECRET": "${TRACES_S3}",
    }
    assert {"photos_s3", "traces_s3"} <= set(made.secrets)
    assert set(made.secrets) <= set(recipes(both(store())))


def test_store_learns_accounts_by_file() -> None:
    made = plan(both(store()), said=settings(services=ON))
    container = unit(made, "store")
    file = next(one for one in container.secret_files if one.name == "store_accounts")
    assert file.target == "/run/secrets/store_accounts"
    assert json.loads(file.text)["identities"] == [
        {
            "name": name,
            "credentials": [{"accessKey": name, "secretKey": f"${{{name.upper()}_S3}}"}],
            "actions": [f"Admin:{name}-files"],
        }
        for name in ("photos", "traces")
    ]
    assert {"photos_s3", "traces_s3"} <= {use.key for use in container.secrets}


def test_consumer_never_sees_the_stores_own_key() -> None:
    made = plan(both(store()), said=settings(services=ON))
    assert {use.key for use in unit(made, "traces").secrets} == {"traces_s3"}


def test_new_consumer_restarts_the_store() -> None:
    before = plan(both(store()), said=settings(services={"traces": "container"}))
    after = plan(both(store()), said=settings(services=ON))
    assert unit(before, "store").hash != unit(after, "store").hash
    assert unit(before, "traces").hash == unit(after, "traces").hash


def test_one_account_for_all() -> None:
    offer = replace(store().offers["s3"], accounts=None)
    made = plan(both(store(offers={"s3": offer})), said=settings(services=ON))
    assert {(one.name, one.key) for one in made.buckets} == {
        ("photos-files", None),
        ("traces-files", None),
    }
    assert environment(made, "traces") == {
        "BUCKET": "traces-files",
        "KEY": "hearth",
        "SECRET": "${STORE_SECRET}",
    }


def test_store_elsewhere_needs_its_account() -> None:
    elsewhere = ServiceSettings(source=Source.EXTERNAL, url="https://s3.example.org")
    said = settings(
        services={"traces": "container", "store": elsewhere},
        variables={"STORE_KEY": "AKIA-mine"},
    )
    made = plan(both(store()), said=said)
    assert environment(made, "traces")["KEY"] == "AKIA-mine"
    assert "traces_s3" not in made.secrets
    assert (
        "traces: `store` is not run by Hearth; its account must be allowed to use the bucket"
        " `traces-files`, and to make it if it is not there"
    ) in {note.text for note in made.notes}


def sharing(name: str) -> Service:
    return service(name, needs={"s3": Need(share="traces")}, spec=USES)


def test_sharer_has_the_bucket_and_account_of_whom_it_shares_with() -> None:
    files = catalog(store(), consumer("traces"), sharing("worker"))
    made = plan(files, said=settings(services={"traces": "container", "worker": "container"}))
    (bucket,) = made.buckets
    assert (bucket.consumer, bucket.name, bucket.key) == ("traces", "traces-files", "traces_s3")
    assert environment(made, "worker") == environment(made, "traces")
    file = next(one for one in unit(made, "store").secret_files if one.name == "store_accounts")
    assert len(json.loads(file.text)["identities"]) == 1


def test_sharer_of_a_store_elsewhere_is_not_told_twice() -> None:
    elsewhere = ServiceSettings(source=Source.EXTERNAL, url="https://s3.example.org")
    on: dict[str, Any] = {"traces": "container", "worker": "container", "store": elsewhere}
    files = catalog(store(), consumer("traces"), sharing("worker"))
    made = plan(files, said=settings(services=on))
    told = [note.service for note in made.notes if note.code == "bucket-elsewhere"]
    assert told == ["traces"]


def choosing(name: str = "traces") -> Service:
    need = Need(bucket="traces-files", when="KEEP=s3")
    kept = Variable(default="folder", choices=("folder", "s3"))
    return service(name, needs={"s3": need}, variables={"KEEP": kept}, spec=USES)


def test_choice_brings_the_store_that_it_names() -> None:
    said = settings(services={"traces": "container"}, variables={"KEEP": "s3"})
    made = plan(catalog(store(), choosing()), said=said)
    assert made.unit("store") is not None
    assert environment(made, "traces")["BUCKET"] == "traces-files"


def test_what_is_not_chosen_is_not_used_even_where_it_is_there() -> None:
    """No key, no way to it over the network and no wait for it."""
    said = settings(services={"traces": "container", "store": "container"})
    made = plan(catalog(store(), choosing()), said=said)
    assert environment(made, "traces") == {"BUCKET": "", "KEY": "", "SECRET": ""}
    assert made.buckets == ()
    assert made.wires == ()
    assert "store" not in unit(made, "traces").needs
