"""Objects in a bucket of a store that speaks S3: SeaweedFS, MinIO, Supabase's storage, AWS.

A bucket of the person's own account, or the one that Hearth's plan asks for; it is not made here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hearth_kit.secret import Secret
from obstore.store import S3Store

from hearth_server.adapters.obstore.objects import BucketObjects

HINT: Final = "hearth why lambda-server"
_RETRIES: Final = 3


def open_bucket(
    bucket: str,
    *,
    url: str,
    access_key: str,
    secret_key: Secret,
    region: str = "us-east-1",
    patience: timedelta = timedelta(seconds=30),
) -> BucketObjects:
    """Open a bucket at the address of its store, `http://seaweedfs:8333`; asks nothing yet.

    The bucket's name stands in the path and not in the host's name, which a store in a network of
    ours has only one of.
    """
    store = S3Store(
        bucket,
        endpoint=url,
        access_key_id=access_key,
        secret_access_key=secret_key.reveal(),
        region=region,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": url.startswith("http://"),
            "timeout": patience,
            "connect_timeout": timedelta(seconds=5),
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": patience},
    )
    return BucketObjects(store, f"{url}/{bucket}", hint=HINT)
