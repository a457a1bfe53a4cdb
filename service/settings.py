"""The settings of one running service: environment variables `AIGOV_…`, overridden by the command line."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from service.errors import SettingsError

PREFIX = "AIGOV_"
_ENDPOINT = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^\W_][\w.\-]*)(?::[0-9]{1,5})?(?:[/?][!-~]*)?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the data are and what a client may use; built once, passed down. Sizes in mebibytes, times in seconds."""

    graph: Path = Path("build/graph.nq")
    """The built graph, sorted N-Quads."""
    store: Path = Path("store")
    """The folder of the store; one process at a time."""
    empty: bool = False
    """Serve the store as it is, without a built graph."""
    default_graph: str = "union"
    """What a query sees that names no graph: the `union` of the named graphs, or the `stored` unnamed graph."""
    writable: bool = False
    """Whether updates and graph store writes are accepted from those who have the token."""
    token_sha256: str = ""
    """The SHA-256 of the token that writes need, hexadecimal; `aigov token` makes one."""
    service_allowed: str = ""
    """Endpoints that queries may call with SERVICE, by their exact IRIs, separated by commas or blanks."""
    host: str = "127.0.0.1"
    port: int = 8000
    timeout_s: float = 30.0
    """A query that runs longer is stopped."""
    workers: int = 3
    """Reader processes that answer at the same time; one more stands by."""
    queue_length: int = 64
    """Queries that may wait for a reader; the next one is refused."""
    queue_s: float = 10.0
    """How long a query may wait for a reader."""
    client_share_s: float = 60.0
    """Seconds of the readers' time that a client may use in a minute while others wait; 0 for no shares."""
    memory_mb: int = 2048
    """What a query may take beyond what its reader needs to stand by."""
    body_mb: int = 1
    """Largest request body of a query."""
    update_mb: int = 64
    """Largest request body of an update, or of a graph to be stored."""
    url_kb: int = 64
    """Longest query string, kibibytes."""
    result_mb: int = 512
    """Largest result."""
    cache_mb: int = 64
    """Results that are kept in memory; 0 for none."""
    access_log: str = "-"
    """The file of the access log; "-" is the standard error, "none" is no log."""
    backend: str = ""
    """The query endpoint of another SPARQL engine, which is served in the place of a store of our own."""
    backend_update: str = ""
    """Its update endpoint, for a service that is writable."""
    backend_authorization: str = field(default="", repr=False)
    """An Authorization header for it, or `Digest USER:PASSWORD`."""
    backend_parameters: str = ""
    """Further protocol parameters of each query to it, as in a URL: `union-default-graph=true`."""

    @property
    def services(self) -> frozenset[str]:
        """The endpoints of `service_allowed`."""
        return frozenset(re.split(r"[,\s]+", self.service_allowed)) - {""}


_MINIMUM = {
    "port": 0,
    "timeout_s": 0.01,
    "workers": 1,
    "queue_length": 0,
    "queue_s": 0.0,
    "client_share_s": 0.0,
    "memory_mb": 16,
    "body_mb": 1,
    "update_mb": 1,
    "url_kb": 1,
    "cache_mb": 0,
    "result_mb": 1,
}


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings; an override that is None leaves the environment's or the default value.

    Raises:
        SettingsError: a variable with our prefix that no setting has, or a value of the wrong kind or out of range.
    """
    given = os.environ if environment is None else environment
    defaults = Settings()
    default_by_name = {setting.name: getattr(defaults, setting.name) for setting in fields(Settings)}
    values: dict[str, Any] = {}
    for variable, text in sorted(given.items()):
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX).lower()
            if name not in default_by_name:
                known = ", ".join(PREFIX + n.upper() for n in sorted(default_by_name))
                raise SettingsError(variable, "no such setting", f"unset it, or use one of {known}")
            values[name] = _parse_value(variable, text, default_by_name[name])
    values.update({name: value for name, value in overrides.items() if value is not None})
    for name, minimum in _MINIMUM.items():
        if name in values and not values[name] >= minimum:
            raise SettingsError(PREFIX + name.upper(), f"{values[name]} is too small", f"use {minimum} or more")
    if values.get("port", 0) > 65535:
        raise SettingsError(PREFIX + "PORT", f"{values['port']} is no port", "use 0 to 65535")
    settings = replace(defaults, **values)
    if settings.default_graph not in ("union", "stored"):
        raise SettingsError(PREFIX + "DEFAULT_GRAPH", f"{settings.default_graph!r}", "use union or stored")
    for endpoint in sorted(settings.services):
        if not _ENDPOINT.fullmatch(endpoint) or set(endpoint) & set('#<>"{}|^`\\'):
            remedy = "name http or https addresses without user, password and fragment, separated by commas or blanks"
            raise SettingsError(PREFIX + "SERVICE_ALLOWED", f"{endpoint!r} is no address of an endpoint", remedy)
    if settings.writable and not _SHA256.fullmatch(settings.token_sha256):
        remedy = "run `aigov token` and set it to the hash that is printed"
        raise SettingsError(PREFIX + "TOKEN_SHA256", "is no SHA-256, and --writable needs one", remedy)
    if settings.backend_update and not settings.backend:
        raise SettingsError(PREFIX + "BACKEND_UPDATE", "there is no backend", "name its query endpoint with --backend")
    if settings.writable and settings.backend and not settings.backend_update:
        remedy = "name the update endpoint of the backend with --backend-update, or leave --writable out"
        raise SettingsError(PREFIX + "WRITABLE", "nothing can be written to this backend", remedy)
    return settings


def _parse_value(variable: str, text: str, default: object) -> str | int | float | Path:
    """Read a value as what its default is."""
    if isinstance(default, bool):
        if text.lower() not in _BOOLEANS:
            raise SettingsError(variable, f"{text!r} is neither true nor false", "write 1 or 0")
        return _BOOLEANS[text.lower()]
    try:
        if isinstance(default, Path):
            return Path(text)
        return int(text) if isinstance(default, int) else float(text) if isinstance(default, float) else text
    except ValueError as exc:
        raise SettingsError(variable, f"{text!r} is not a number", "write digits only") from exc
