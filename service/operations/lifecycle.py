"""Where a service is between its start and its end."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Lifecycle:
    """The state of one application; `remarks` are for whoever starts it, to be shown when it serves."""

    is_up: bool = False
    is_stopping: bool = False
    remarks: list[str] = field(default_factory=list)
