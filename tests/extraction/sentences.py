"""The type of the fixture `read`, which reads sentences as one document."""

from datetime import date
from typing import Protocol

from graph_builder.model import Statement, WorkKind


class Read(Protocol):
    """Read sentences as the lines of one document; with `lead_in`, all but the first hang on the first."""

    def __call__(
        self,
        *sentences: str,
        language: str = ...,
        issuers: tuple[str, ...] = ...,
        kind: WorkKind = ...,
        lead_in: bool = ...,
        issued: date | None = ...,
        one_paragraph: bool = ...,
    ) -> tuple[Statement, ...]: ...
