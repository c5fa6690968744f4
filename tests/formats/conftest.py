"""A hub of models that runs, and time that passes without anybody waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.formats.hub_server import Clock, Hub, serving


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A running hub, which the environment names."""
    hub = Hub()
    with serving(hub):
        monkeypatch.setenv("HORNBOOK_HF_ENDPOINT", hub.address + "/")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield hub


@pytest.fixture
def clock() -> Clock:
    """A clock that nobody has waited by."""
    return Clock()
