"""How a server is set up, as plain values. Imports no torch and no HTTP library."""

from __future__ import annotations

from dataclasses import dataclass

from hornbook.errors import SettingError

HERE = ("127.0.0.1", "localhost", "::1")
"""Names under which only this machine is reached."""


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """Where to listen, whom to answer, and how much at once.

    ``api_key`` has to stand in every request where there is one; without one only this machine is answered.
    ``queue`` requests may wait beyond the ``rows`` that are written; ``origins`` are web pages from elsewhere that may
    ask; a body may have ``body`` bytes; with ``allow_train`` the page may start and stop trainings.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    api_key: str | None = None
    rows: int = 32
    queue: int = 64
    weights: str = "float32"
    compiled: bool = False
    origins: tuple[str, ...] = ()
    body: int = 1 << 20
    allow_train: bool = False

    def __post_init__(self) -> None:
        """Refuse to be open to everybody, and sizes that are none (``SettingError``)."""
        if self.host not in HERE and not self.api_key:
            raise SettingError(
                f"host: {self.host} can be reached by others, who would need no key; give one with --api-key or in "
                "HORNBOOK_API_KEY, or stay on 127.0.0.1"
            )
        for name, least in (("rows", 1), ("queue", 0), ("body", 1024)):
            if getattr(self, name) < least:
                raise SettingError(f"{name}: expected a whole number of at least {least}, found {getattr(self, name)}")
        if not 0 <= self.port <= 65535:
            raise SettingError(f"port: expected a number from 0 to 65535, found {self.port}")
