"""The codes in a server's errors (``{"error": {"code": ...}}``): what each means, what to do, and who says it.

A code stands beside an HTTP status, and is found by either. ``place`` is a file below ``src/hornbook`` and what to look
for in it. A test reads every code out of the server's source, and holds this table to it. Imports no torch. Next:
terms.py.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HttpCode:
    """One code: the status it comes with, what it means, and what whoever asked can do."""

    code: str
    status: int
    meaning: str
    remedy: str
    place: str


HTTP_CODES: tuple[HttpCode, ...] = (
    HttpCode(
        "invalid_value",
        400,
        "a field is missing, of another type or out of its range, or a text cannot be used as it is",
        "param names the field and message says what was expected; send it again only when it is mended",
        "server/errors.py: install",
    ),
    HttpCode(
        "unsupported_parameter",
        400,
        "a field of OpenAI's interface that would change the answer, and that this server cannot honour",
        "leave out the field that param names",
        "server/schemas.py: Common",
    ),
    HttpCode(
        "unsupported_value",
        400,
        "the field is known, this value of it is not: only text is answered, no JSON mode or schema",
        'leave out response_format, or send {"type": "text"}',
        "server/schemas.py: Common",
    ),
    HttpCode(
        "context_length_exceeded",
        400,
        "the prompt has more tokens than the model looks at, of which an answer needs one",
        "shorten it; POST /tokenize tells how many tokens it has, and how many the model looks at",
        "server/writing.py: room_for",
    ),
    HttpCode(
        "invalid_api_key",
        401,
        "the server was started with a key, and the request has none or another",
        "send the header Authorization: Bearer KEY, with the key of --api-key or HORNBOOK_API_KEY",
        "server/guard.py: Guard",
    ),
    HttpCode(
        "foreign_host",
        403,
        "the Host that was asked for is not this server's: a page may have made a name of its own point here",
        "ask at 127.0.0.1 or localhost, or start the server with --host NAME or with a key",
        "server/guard.py: Guard",
    ),
    HttpCode(
        "foreign_origin",
        403,
        "a web page from elsewhere asks, and was not named when the server was started",
        "start it with --origin and the page's address, if that page may ask",
        "server/guard.py: Guard",
    ),
    HttpCode(
        "not_allowed",
        403,
        "this server may not start or stop trainings",
        "start it with hornbook ui --allow-train",
        "server/page/place.py: permitted",
    ),
    HttpCode(
        "unknown_url",
        404,
        "nothing answers at this path",
        "use a path that message names; the base URL of OpenAI's clients ends with /v1",
        "server/errors.py: CODES",
    ),
    HttpCode(
        "model_not_found",
        404,
        "no model of that name is served, or none at all yet",
        "GET /v1/models lists the names; default is the first of them",
        "server/models.py: Models",
    ),
    HttpCode(
        "not_found",
        404,
        "the run, checkpoint, lesson, study or file that was named is not there",
        "message says which names there are, or how to make one",
        "server/errors.py: STATUS",
    ),
    HttpCode(
        "method_not_allowed",
        405,
        "the path is right and the method is not: GET where POST is needed, or the other way",
        "the header Allow names the methods of the path",
        "server/errors.py: CODES",
    ),
    HttpCode(
        "busy",
        409,
        "another process is at it: a run that is being trained, a study that is being written",
        "wait for it or stop it first; message says which",
        "server/errors.py: STATUS",
    ),
    HttpCode(
        "trace_gone",
        410,
        "the maps of a pass that was looked into are no longer kept: only the last few are",
        "send the text again",
        "server/page/traces.py: Traces",
    ),
    HttpCode(
        "request_too_large",
        413,
        "the body has more bytes than are read, or does not say truly how many",
        "send less at once, a part of the texts in each request",
        "server/guard.py: too_big",
    ),
    HttpCode(
        "unsupported_media_type",
        415,
        "the body is not said to be JSON",
        "send JSON with the header Content-Type: application/json",
        "server/guard.py: Guard",
    ),
    HttpCode(
        "queue_full",
        429,
        "as many requests are being answered or waiting as were allowed",
        "try again after the seconds in Retry-After; more wait with a larger --queue, more are answered with --rows",
        "server/worker.py: Worker",
    ),
    HttpCode(
        "client_closed",
        499,
        "whoever asked has left before the answer; it is given up, and nobody receives this",
        "nothing; seen often, a client gives up too early: raise its timeout",
        "server/streaming.py: unless_left",
    ),
    HttpCode(
        "failed",
        500,
        "the server itself failed, and what was asked may be right",
        "read what the server wrote to its terminal; a damaged run is found by hornbook runs verify",
        "server/errors.py: refused",
    ),
    HttpCode(
        "going_down",
        503,
        "the server is ending, and what was not over is not finished; in plain words, it has too many connections",
        "ask again after the seconds in Retry-After, when it is there again",
        "server/worker.py: Worker",
    ),
)
"""In the order of their statuses."""
