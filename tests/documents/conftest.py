"""The furnished folder of a test process, and a copy of it for each section of a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.furnishing import furnish
from tests.documents.running import Place


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all copies are made of."""
    folder = tmp_path_factory.mktemp("furnished")
    furnish(folder)
    return folder


@pytest.fixture
def place(
    furnished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A furnished folder of one's own."""
    folder = tmp_path / "place"
    shutil.copytree(furnished, folder)
    yield Place(folder, capfd, monkeypatch)
