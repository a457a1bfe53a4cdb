"""Strong entity tags and 304, as RFC 9110, section 13, has them."""

import hashlib
import re

from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def with_etag(request: Request, response: Response) -> Response:
    """Return the response with a strong tag of its bytes, or 304 without a body when the client has them already."""
    body = bytes(response.body)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    response.headers.setdefault("Cache-Control", "no-cache")
    if not matches(request.headers.get("if-none-match", ""), tag):
        return response
    kept = ("etag", "cache-control", "vary", "content-language", "content-security-policy", "link", "referrer-policy")
    return Response(None, 304, {name: value for name, value in response.headers.items() if name in kept})


def matches(if_none_match: str, tag: str) -> bool:
    """Tell whether a client has what a tag stands for: RFC 9110, section 13.1.2, by weak comparison."""
    return bool(if_none_match) and (if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match))
