"""``python -m hornbook`` is ``hornbook``."""

from __future__ import annotations

from hornbook.cli.app import main

if __name__ == "__main__":
    main()
