"""Which bucket of an object store each consumer gets, and under which account. Pure.

A store that takes accounts at its start gives each consumer one that reaches its own bucket and no
other. One that has a single account (Supabase), or that Hearth does not run, gives a bucket of its
own under the store's account.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from hearth_control.catalog.model import Catalog, Service
from hearth_control.plan.databases import asked
from hearth_control.plan.model import Bucket, SecretFile
from hearth_control.plan.names import SECRETS_IN_CONTAINER, secret_key, variable_name
from hearth_control.plan.place import Placed


def bucket_of(consumer: Service, role: str, provider: Placed, *, catalog: Catalog) -> Bucket | None:
    """Give the bucket that a service asks a provider for; None where it asks for none.

    One that shares another's is given that one's, under the same account.
    """
    owner, need = consumer, asked(consumer).get(role)
    if need is not None and need.share is not None and need.share in catalog.services:
        owner = catalog.services[need.share]
        need = asked(owner).get(role)
    if need is None or need.bucket is None:
        return None
    own = provider.runs_here and provider.service.offers[role].accounts is not None
    return Bucket(
        provider=provider.name,
        consumer=owner.name,
        name=need.bucket,
        user=owner.name if own else None,
        key=secret_key(owner.name, role) if own else None,
    )


def buckets(
    placed: Iterable[Placed], catalog: Catalog, serving: Mapping[str, Placed]
) -> tuple[Bucket, ...]:
    """List the buckets of everything that runs here, by provider and name."""
    made = [
        bucket
        for consumer in placed
        if consumer.runs_here
        for role, need in asked(consumer.service).items()
        if not need.idle
        and (provider := serving.get(role)) is not None
        and provider.name != consumer.name
        and (bucket := bucket_of(consumer.service, role, provider, catalog=catalog)) is not None
        and bucket.consumer == consumer.name
    ]
    return tuple(sorted(made, key=lambda bucket: (bucket.provider, bucket.name)))


def accounts_file(provider: str, held: Sequence[Bucket]) -> SecretFile:
    """Write the accounts of a store in SeaweedFS' form, the only one that takes them so far.

    `Admin:NAME` allows everything on that bucket, making it included, and nothing elsewhere.

    Source: https://github.com/seaweedfs/seaweedfs/wiki/S3-Credentials and
    weed/s3api/auth_credentials.go, `CanDo` (read 2026-11).
    """
    identities = [
        {
            "name": bucket.user,
            "credentials": [
                {"accessKey": bucket.user, "secretKey": f"${{{variable_name(bucket.key)}}}"}
            ],
            "actions": [f"Admin:{bucket.name}"],
        }
        for bucket in held
        if bucket.provider == provider and bucket.key is not None
    ]
    name = secret_key(provider, "accounts")
    text = json.dumps({"identities": identities}, indent=2) + "\n"
    return SecretFile(name=name, target=f"{SECRETS_IN_CONTAINER}/{name}", text=text)
