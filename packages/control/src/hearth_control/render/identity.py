"""Headers that only a proxy or a sign-in of ours may say: nobody outside is believed."""

from __future__ import annotations

IDENTITY_HEADERS = (
    "*_*",
    "Cf-Access-Authenticated-User-Email",
    "Remote-*",
    "X-Auth-Request-*",
    "X-Authenticated-*",
    "X-Authentik-*",
    "X-Forwarded-*",
    "X-Remote-*",
    "X-User-*",
    "X-Webauth-*",
)
"""What proxies and sign-in servers pass identity in, and where a request came from.

A name with `_` goes too, as at nginx: many programs take `Remote_User` for `Remote-User`.
`Cf-Access-Jwt-Assertion` passes: it is signed, and who reads it checks the signature.
"""
HOP_HEADERS = (
    "Forwarded",
    "True-Client-Ip",
    "X-Client-Ip",
    "X-Cluster-Client-Ip",
    "X-Original-Url",
    "X-Rewrite-Url",
)
"""What says where a request came from or which path it really means.

Frameworks that take `X-Original-Url` for the path would answer one that was never asked for.
"""
