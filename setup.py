"""The wheel carries the lessons: ``lessons/`` of the checkout becomes ``hornbook/lessons``. See pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithLessons(build_py):
    """Builds the package, and lays the lessons beside it; an editable install reads them where they are."""

    def run(self) -> None:
        """Copy the scripts, their exercises and solutions."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "hornbook" / "lessons"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree("lessons", target, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))


setup(cmdclass={"build_py": WithLessons})
