"""While tests run, each call of ``hornbook`` is checked by its annotations: shapes by jaxtyping, the rest by beartype.

jaxtyping has to remember for each call which size each name of an axis stood for, which takes some ten times as long as
beartype's check. So it looks only after modules that know it; a tokenizer's inner loop is called a million times.
"""

from __future__ import annotations

from pathlib import Path

from beartype import BeartypeConf
from beartype.claw import beartype_package
from jaxtyping import install_import_hook

PACKAGE = "hornbook"


def shaped(folder: Path) -> list[str]:
    """The modules below the folder of the package in which a shape stands."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        if "jaxtyping" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(folder).with_suffix("").parts
            found.append(".".join((PACKAGE, *(part for part in parts if part != "__init__"))))
    return found


def check_annotations(folder: Path) -> None:
    """From now on, for modules that are imported from now on."""
    beartype_package(PACKAGE, conf=BeartypeConf(claw_is_pep526=False, violation_type=TypeError))
    install_import_hook(shaped(folder), "beartype.beartype")
