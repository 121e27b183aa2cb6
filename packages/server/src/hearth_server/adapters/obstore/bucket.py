"""Objects in a bucket of a store that speaks S3: SeaweedFS, MinIO, Supabase's storage, AWS.

A bucket of the person's own account, or the one that Hearth's plan asks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx2
import obstore
from hearth_kit.secret import Secret
from obstore.exceptions import BaseError
from obstore.store import S3Store

from hearth_server.adapters.obstore.objects import BucketObjects
from hearth_server.capabilities.knowledge.errors import ObjectsDownError

HINT: Final = "hearth why lambda-server"
REGION: Final = "us-east-1"
"""The one where S3 takes no word about where to make a bucket."""
_RETRIES: Final = 3
_PATIENCE: Final = timedelta(seconds=30)
_CODE: Final = re.compile(r"<Code>(\w+)</Code>")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """A bucket and how to reach it; `url` is its store's, `http://seaweedfs:8333`."""

    name: str
    url: str
    access_key: str
    secret_key: Secret
    region: str = REGION

    @property
    def where(self) -> str:
        """How a person knows it."""
        return f"{self.url}/{self.name}"


def open_bucket(address: BucketAddress) -> BucketObjects:
    """Open a bucket; asks nothing yet."""
    return BucketObjects(_store(address), address.where, hint=HINT)


def make_bucket(address: BucketAddress) -> bool:
    """Make the bucket unless it is there; tell whether it was made.

    It is looked at first: an account elsewhere may use a bucket that it may not make.

    Raises:
        ObjectsDownError: it is not there, and the store does not make it for this account.

    Source: Amazon S3 API Reference, CreateBucket and ListObjectsV2 (read 2026-11).
    """
    store = _store(address)
    if _can_list(store):
        return False
    link = obstore.sign(store, "PUT", "", expires_in=timedelta(minutes=1))
    try:
        answer = httpx2.put(link, content=_place(address.region), timeout=_PATIENCE.total_seconds())
    except httpx2.HTTPError as error:
        raise _cannot_make(address, "it does not answer") from error
    if answer.status_code == 200:
        return True
    # Somebody else may have made it between the question and this; 409 says no more than that.
    if answer.status_code != 409 or not _can_list(store):
        code = _CODE.search(answer.text)
        raise _cannot_make(address, f"{answer.status_code} {code[1] if code else ''}".strip())
    return False


def _store(address: BucketAddress) -> S3Store:
    """Give a client for it.

    The bucket's name stands in the path and not in the host's name, which a store in a network of
    ours has only one of.
    """
    return S3Store(
        address.name,
        endpoint=address.url,
        access_key_id=address.access_key,
        secret_access_key=address.secret_key.reveal(),
        region=address.region,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": address.url.startswith("http://"),
            "timeout": _PATIENCE,
            "connect_timeout": timedelta(seconds=5),
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE},
    )


def _can_list(store: S3Store) -> bool:
    try:
        next(iter(obstore.list(store, chunk_size=1)), None)
    except BaseError:
        return False
    return True


def _place(region: str) -> bytes:
    if region == REGION:
        return b""
    return (
        '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    ).encode()


def _cannot_make(address: BucketAddress, answer: str) -> ObjectsDownError:
    msg = f"objects: `{address.where}` is not there and cannot be made, the store says: {answer}"
    return ObjectsDownError(msg, hint=HINT)
