"""Everything that goes wrong, as the error object that clients of OpenAI's interface know.

{"error": {"message": ..., "type": "invalid_request_error", "param": ..., "code": ...}}
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hornbook.errors import BusyError, HornbookError, MissingError, SettingError, TextError
from hornbook.tokenizers.special import well_formed

PATHS = "/v1/models, /v1/completions, /v1/chat/completions, /v1/embeddings"

TYPES = {401: "invalid_request_error", 404: "invalid_request_error", 429: "rate_limit_error", 500: "server_error"}
RETRY_AFTER = {429: "1", 503: "5"}
"""Seconds after which what could not be answered now is worth another try."""

CODES = {400: "invalid_value", 404: "unknown_url", 405: "method_not_allowed", 413: "request_too_large"}
"""What a status means where nothing more is said."""


class ApiError(Exception):
    """An answer that is an error. ``code`` is one that ``hornbook explain`` knows (course/http_codes.py)."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        # What was sent may be quoted in it, and half a surrogate pair, which JSON can write, has no UTF-8.
        self.status, self.message, self.param = status, well_formed(message), param and well_formed(param)
        self.code = code or CODES.get(status)

    def body(self) -> dict[str, Any]:
        """The error object."""
        kind = TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def headers(self) -> dict[str, str]:
        """When to come again; and that what is wrong every time need not be tried again."""
        if self.status in RETRY_AFTER:
            return {"Retry-After": RETRY_AFTER[self.status]}
        return {"x-should-retry": "false"}

    def response(self) -> JSONResponse:
        """As it is sent."""
        return JSONResponse(self.body(), self.status, self.headers())


STATUS: dict[type[HornbookError], tuple[int, str]] = {
    SettingError: (400, "invalid_value"),
    TextError: (400, "invalid_value"),
    MissingError: (404, "not_found"),
    BusyError: (409, "busy"),
}
"""What is the caller's fault; all others are ours."""


def refused(error: HornbookError, param: str | None = None) -> ApiError:
    """An error of ours: the caller's fault where a setting or a text was refused."""
    status, code = STATUS.get(type(error), (500, "failed"))
    return ApiError(status, str(error), param=param, code=code)


def install(app: FastAPI) -> None:
    """Answer every exception in that form."""

    @app.exception_handler(ApiError)
    async def known(request: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(HornbookError)
    async def ours(request: Request, error: HornbookError) -> JSONResponse:
        return refused(error).response()

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"] if each != "body")
        message = f"{place}: {first['msg']}" if place else str(first["msg"])
        return ApiError(400, message, param=place or None, code="invalid_value").response()

    @app.exception_handler(HTTPException)
    async def elsewhere(request: Request, error: HTTPException) -> JSONResponse:
        message = str(error.detail)
        if error.status_code == 404:
            message = f"{request.url.path} is nothing that this server has; there are {PATHS}"
        answer = ApiError(error.status_code, message).response()
        answer.headers.update(error.headers or {})  # which methods a path knows
        return answer

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return ApiError(500, f"{type(error).__name__} while answering", code="failed").response()
