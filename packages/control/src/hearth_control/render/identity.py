"""Headers that claim who somebody is: identity comes from authentication alone."""

from __future__ import annotations

IDENTITY_HEADERS = (
    "*_*",
    "Cf-Access-Authenticated-User-Email",
    "Remote-Email",
    "Remote-Groups",
    "Remote-Name",
    "Remote-User",
    "X-Auth-Request-*",
    "X-Authenticated-*",
    "X-Authentik-*",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-User",
    "X-Remote-User",
    "X-User-*",
    "X-Webauth-*",
)
"""What proxies and sign-in servers pass identity in; nobody outside may say these.

A name with `_` goes too, as at nginx: many programs take `Remote_User` for `Remote-User`.
`Cf-Access-Jwt-Assertion` passes: it is signed, and who reads it checks the signature.
"""
