"""Asking an object store for the buckets of an account, signed: what S3 takes for a sign-in.

Standard library only; see `said`.
Source: AWS, "Signature Calculations for the Authorization Header" (Signature Version 4), whose
worked example is a test here.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone
from urllib.parse import urlsplit

from hearth_control.engine.reach.http import fetch, read_answer
from hearth_control.engine.reach.said import Request, Said

REGION = "us-east-1"
_NOTHING = hashlib.sha256(b"").hexdigest()
_SIGNED = "host;x-amz-content-sha256;x-amz-date"


def ask_s3(request: Request) -> Said:
    """List the account's buckets. Refusing that one call is an answer where the key was known.

    An account that may only use its own bucket is told `AccessDenied` (403), whereas a key that is
    not known, or does not fit, is told so by another code.
    """
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017  Python 3.9 on
    parts = urlsplit(request.url)
    headers = sign(
        host=parts.netloc,
        path="/",
        query="",
        moment=moment,
        key=request.user,
        secret=request.password,
    )
    status, server, body = fetch(request, "/", headers)
    if status == 403 and b"<Code>AccessDenied</Code>" in body:
        return Said("answers", "HTTP 403, the key is known", server)
    return read_answer(status, server, body)


def sign(*, host: str, path: str, query: str, moment: str, key: str, secret: str) -> dict[str, str]:
    """Give the headers of a GET without a body. `moment` is as in `20130524T000000Z`."""
    day = moment[:8]
    scope = f"{day}/{REGION}/s3/aws4_request"
    canonical = "\n".join(
        (
            "GET",
            path,
            query,
            f"host:{host}",
            f"x-amz-content-sha256:{_NOTHING}",
            f"x-amz-date:{moment}",
            "",
            _SIGNED,
            _NOTHING,
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signing = f"AWS4{secret}".encode()
    for part in (day, REGION, "s3", "aws4_request"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Host": host,
        "X-Amz-Content-Sha256": _NOTHING,
        "X-Amz-Date": moment,
        "Authorization": (
            f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={_SIGNED},"
            f" Signature={signature}"
        ),
    }
