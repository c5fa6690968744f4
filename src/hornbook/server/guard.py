"""Who is let in, before anything is read: the right host, no page from elsewhere, the key, a body that is not too big.

A page that a browser has open could otherwise talk to a server on its own machine: by a name that is made to point
there (the host is checked), or by an address of ours (the origin is checked).
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hornbook.server.config import HERE, ServerConfig
from hornbook.server.errors import ApiError

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
OPEN = ("/health", "/version")
"""What is answered without a key."""


class Guard:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, config: ServerConfig) -> None:
        self.app, self.config = app, config
        self.hosts = {*HERE, config.host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with an error."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        try:
            self.check(scope, headers)
        except ApiError as error:
            return await error.response()(scope, receive, guarded(send))
        return await self.app(scope, limited(receive, self.config.body), guarded(send))

    def check(self, scope: Scope, headers: Headers) -> None:
        """Refuse what is not to be answered (``ApiError``)."""
        if not self.config.api_key and name_of(f"//{headers.get('host', '')}") not in self.hosts:
            raise ApiError(403, "this server answers to its own name only", code="foreign_host")
        origin = headers.get("origin")
        if origin is not None and origin not in self.config.origins and name_of(origin) not in self.hosts:
            raise ApiError(403, f"pages of {origin[:100]} may not ask here; --origin allows one", code="foreign_origin")
        if self.config.api_key and scope["path"] not in OPEN:
            given = headers.get("authorization", "").removeprefix("Bearer ").encode()
            if not hmac.compare_digest(given, self.config.api_key.encode()):
                raise ApiError(
                    401, "the API key is missing or wrong: Authorization: Bearer KEY", code="invalid_api_key"
                )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.config.body:
            raise too_big(self.config.body)
        if scope["method"] == "POST" and "json" not in headers.get("content-type", ""):
            raise ApiError(415, "send JSON, and say so: Content-Type: application/json", code="unsupported_media_type")


def name_of(address: str) -> str:
    """The host in an address, in lower case; nothing where it is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def too_big(most: int) -> ApiError:
    """More than is read."""
    return ApiError(413, f"the body is larger than {most:,} bytes", code="request_too_large")


def limited(receive: Receive, most: int) -> Receive:
    """Stop reading a body whose length was not told when it becomes too big."""
    read = 0

    async def receiving() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413, too_big(most).message)  # the one that is passed on where bodies are read
        return message

    return receiving


def guarded(send: Send) -> Send:
    """Put the headers on every answer that keep browsers from doing more than they should."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
