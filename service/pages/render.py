"""Render a page: templates, messages, and the headers that keep a page to itself."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from service.languages import INTERFACE_LANGUAGES, choose_interface, format_tag, parse_accept_language
from service.links import local_path, shorten

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: the interface language, the ranges for labels, and where the deployment begins."""

    language: str
    ranges: tuple[str, ...]
    root: str


def identify_reader(request: Request) -> Reader:
    """Return the languages of a request: `?lang=` before Accept-Language."""
    ranges = parse_accept_language(request.headers.get("accept-language"))
    wanted = parse_accept_language(request.query_params.get("lang"))
    ranges = (*wanted, *(r for r in ranges if r not in wanted))
    return Reader(choose_interface(ranges), ranges or ("en",), request.scope.get("root_path", ""))


class Renderer:
    """The templates and messages, read once."""

    def __init__(self) -> None:
        self._messages = tomllib.loads((resources.files(__package__) / "messages.toml").read_text(encoding="utf-8"))
        self._templates = Environment(
            loader=PackageLoader("service.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["shorten"] = shorten
        self._templates.filters["tag"] = format_tag
        self._templates.filters["urlencode_query"] = lambda fields: urlencode(fields)

    def render(self, template: str, request: Request, **context: Any) -> bytes:
        """Return a page as UTF-8."""
        reader = identify_reader(request)

        def link(iri: str) -> str:
            path = local_path(iri)
            return iri if path is None else reader.root + path

        text = self._templates.get_template(template).render(
            m=self._messages[reader.language],
            language=reader.language,
            languages=[(tag, self._messages[tag]["language_name"]) for tag in INTERFACE_LANGUAGES],
            root=reader.root,
            link=link,
            here=_address_without_language(request),
            **context,
        )
        return text.encode()


def page_response(request: Request, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a page with its headers: language, what it varies by, and a policy that lets nothing else in."""
    return Response(
        body,
        status,
        {
            "Content-Language": identify_reader(request).language,
            "Vary": "Accept, Accept-Language",
            **SECURITY_HEADERS,
            **(headers or {}),
        },
        "text/html; charset=utf-8",
    )


def _address_without_language(request: Request) -> str:
    """The query string of this request, ready for another `lang=` at its end."""
    fields = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + (urlencode(fields) + "&" if fields else "")
