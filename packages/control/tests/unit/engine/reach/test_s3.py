"""The signature of a question to an object store."""

from __future__ import annotations

import pytest
from hearth_control.engine.reach.s3 import sign

pytestmark = pytest.mark.unit


def test_signature_is_that_of_the_worked_example() -> None:
    """AWS's own: GET Bucket Lifecycle of `examplebucket`."""
    headers = sign(
        host="examplebucket.s3.amazonaws.com",
        path="/",
        query="lifecycle=",
        moment="20130524T000000Z",
        key="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256"
        " Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        " SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
        " Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )
