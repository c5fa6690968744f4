"""Who is let in, before anything is read: the right host, no page from elsewhere, the key, a body that is not too big.

A page that a browser has open could otherwise talk to a server on its own machine: by a name that is made to point
there (the host is checked), or by an address of ours (the origin is checked). Pages that were named with ``--origin``
may ask: their browsers are told so, also where they enquire before they ask.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hornbook.server.config import HERE, ServerConfig
from hornbook.server.errors import ApiError

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
OPEN = ("/health", "/version", "/", "/favicon.svg")
"""What is answered without a key: with the page's files, which are everybody's, and say nothing of the models."""

WHAT_MAY_BE_ASKED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}
"""What a browser is told that enquires for a page from elsewhere (Fetch standard, section 3.2)."""


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
        answering = guarded(send, self.told(headers))
        try:
            self.check_sender(headers)
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:  # no key comes with this
                return await Response(status_code=204, headers=WHAT_MAY_BE_ASKED)(scope, receive, answering)
            self.check_request(scope, headers)
        except ApiError as error:
            return await error.response()(scope, receive, answering)
        return await self.app(scope, limited(receive, self.config.body), answering)

    def told(self, headers: Headers) -> Mapping[str, str]:
        """The headers of an answer to this request: with them a browser hands it on to a page that may ask."""
        origin = headers.get("origin")
        if origin is None or origin not in self.config.origins:
            return HEADERS
        return {**HEADERS, "Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def check_sender(self, headers: Headers) -> None:
        """Refuse pages from elsewhere (``ApiError``); our own has the host that it asks for its origin."""
        host = headers.get("host", "")
        if not self.config.api_key and name_of(f"//{host}") not in self.hosts:
            raise ApiError(403, "this server answers to its own name only", code="foreign_host")
        origin = headers.get("origin")
        if origin is not None and origin not in self.config.origins and origin.partition("://")[2] != host:
            raise ApiError(403, f"pages of {origin[:100]} may not ask here; --origin allows one", code="foreign_origin")

    def check_request(self, scope: Scope, headers: Headers) -> None:
        """Refuse requests without the key, too large, or in another form than ours (``ApiError``)."""
        if self.config.api_key and not is_open(scope["path"]):
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


def is_open(path: str) -> bool:
    """Whether anybody may ask for it."""
    return path in OPEN or path.startswith("/assets/")


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


def guarded(send: Send, headers: Mapping[str, str]) -> Send:
    """Put the headers on every answer that keep browsers from doing more than they should."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = MutableHeaders(scope=message)
            for name, value in headers.items():
                there.setdefault(name, value)
        await send(message)

    return sending
