"""What a page sends: which model at which checkpoint, and the text or its tokens; or nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from hornbook.server.schemas import Tokens
from hornbook.workflows.watching.given import Given

Some = Annotated[StrictInt, Field(ge=1, le=200)]
"""How many of the likeliest are wanted."""


class Strict(BaseModel):
    """A body in which nothing unknown may stand: the page is ours, and what it misspells is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Strict):
    """A body without a word."""


class About(Strict):
    """A model."""

    model: StrictStr = "default"
    checkpoint: StrictStr = "best"


class Text(About):
    """A model, and what it reads."""

    prompt: StrictStr | None = None
    tokens: Tokens | None = None
    source: StrictStr | None = None

    @property
    def given(self) -> Given:
        """The text as other rooms take it."""
        return Given(self.prompt, self.tokens, self.source)
