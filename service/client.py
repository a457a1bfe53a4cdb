"""The command `aigov query`: ask a SPARQL 1.1 endpoint, show the answer whole, or in a few lines what is wrong.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

import argparse
import ast
import json
import os
import shutil
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlsplit

from SPARQLWrapper import POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from service import formats
from service.errors import UsageError
from service.problems import PROBLEM_MEDIA_TYPE
from service.questions.catalogue import Catalogue, load_catalogue
from service.table import clean_line, format_results, width_of

FAILED = 1

_TYPES_BY_FORMAT: Mapping[str, tuple[str, ...]] = {
    "table": (formats.JSON, formats.TURTLE),
    "json": (formats.JSON, formats.JSON_LD),
    "xml": (formats.XML, formats.RDF_XML),
    "csv": (formats.CSV,),
    "tsv": (formats.TSV,),
    "turtle": (formats.TURTLE,),
    "ntriples": (formats.N_TRIPLES,),
    "jsonld": (formats.JSON_LD,),
}
"""Media types to ask for: of results first, of graphs last. The endpoint knows which of them the query gives."""
_GENERIC_TYPES = ("application/json", "application/xml", "text/xml")
_MOST_URL_CHARS = 4000
"""A longer query is sent by POST: many servers refuse addresses beyond 8 KiB, and percent signs take their share."""
_MOST_SHOWN_CHARS = 300
_MARGIN_CHARS = 60


class EndpointError(Exception):
    """The endpoint cannot be reached, refuses, or sends what cannot be used; the text is for a person, maybe lines."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: its media type without parameters, and its bytes."""

    media_type: str
    body: bytes


def run_query(arguments: argparse.Namespace) -> int:
    """Answer `aigov query`; return the exit code.

    Raises:
        UsageError: no such query, or a file that cannot be read.
        QuestionError: a file of named queries cannot be used.
    """
    if arguments.list:
        return _write(_list_queries(load_catalogue()).encode())
    query = _find_query(load_catalogue(), arguments.name) if arguments.name else read_query(arguments.query)
    try:
        reply = ask(arguments.endpoint, query, arguments.format, timeout_s=arguments.timeout, by_post=arguments.post)
        if reply.media_type not in (*_TYPES_BY_FORMAT[arguments.format], *_GENERIC_TYPES):
            sys.stderr.write(f"aigov: the endpoint sent {clean_line(reply.media_type)}; it is shown as it came\n")
        return _write(_show(reply) if arguments.format == "table" else reply.body)
    except EndpointError as exc:
        sys.stderr.write(f"aigov: {exc}\n")
        return FAILED


def read_query(argument: str) -> str:
    """Return the text of a query: the argument, the file named after `@`, or the standard input for `-`.

    Raises:
        UsageError: the file cannot be read, or the text is not UTF-8.
    """
    try:
        if argument == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        if argument.startswith("@"):
            return Path(argument[1:]).read_text(encoding="utf-8-sig")
        argument.encode()
        return argument
    except OSError as exc:
        raise UsageError(argument[1:], f"cannot be read ({exc.strerror or exc})", "name a file after @") from exc
    except UnicodeError as exc:
        raise UsageError("the query", "is not UTF-8", "save it as UTF-8") from exc


def ask(endpoint: str, query: str, format_name: str, *, timeout_s: float, by_post: bool = False) -> Reply:
    """Send a query and return the whole answer.

    Args:
        endpoint: a well-formed http or https URL; parameters in it are kept.
        query: SPARQL 1.1 Query; sent as it is, whatever it says.
        format_name: one of `--format`.
        timeout_s: how long to wait for the endpoint to go on.
        by_post: send by POST; a long query is in any case.

    Raises:
        EndpointError: there is no answer, or it is not what was asked for.
    """
    wrapper = _prepare(endpoint, query, format_name, timeout_s)
    if by_post or len(query) > _MOST_URL_CHARS:
        wrapper.setMethod(POST)
    try:
        response = wrapper.query().response
        reply = Reply(response.headers.get_content_type(), response.read())
    except SPARQLWrapperException as exc:
        refusal = exc.__context__
        if not isinstance(refusal, HTTPError):
            raise EndpointError(clean_line(str(exc))) from exc
        raise EndpointError(_explain(refusal, _find_body(exc), query)) from exc
    except HTTPError as exc:
        with exc:
            raise EndpointError(_explain(exc, exc.read(), query)) from exc
    except (OSError, HTTPException) as exc:
        raise EndpointError(_explain_silence(endpoint, exc, timeout_s)) from exc
    if reply.media_type == formats.HTML:
        raise EndpointError(f"{endpoint} answered with a web page; name the address of the endpoint itself")
    return reply


def _prepare(endpoint: str, query: str, format_name: str, timeout_s: float) -> SPARQLWrapper:
    """Return the request. The kind of query, which SPARQLWrapper guesses, only orders what is accepted."""
    parts = urlsplit(endpoint)
    wrapper = SPARQLWrapper(parts._replace(query="", fragment="").geturl())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a guess that fails
        wrapper.setQuery(query)
    types = _TYPES_BY_FORMAT[format_name]
    liked, *others = reversed(types) if wrapper.queryType in ("CONSTRUCT", "DESCRIBE") else types
    wrapper.addCustomHttpHeader("Accept", ", ".join([liked, *(f"{other};q=0.5" for other in others)]))
    wrapper.queryType = "SELECT"  # a word such as "load" in a prefix would make it an update
    wrapper.setOnlyConneg(True)
    wrapper.timeout = timeout_s  # type: ignore[assignment]  # its setter cuts the fraction off
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        wrapper.addParameter(name, value)
    return wrapper


def _find_body(error: SPARQLWrapperException) -> bytes:
    """Return the body of an error's response: SPARQLWrapper keeps it as a Python literal at the end of its message."""
    _, mark, text = str(error).partition("\n\nResponse:\n")
    try:
        body = ast.literal_eval(text) if mark else b""
    except (SyntaxError, ValueError):
        body = b""
    return body if isinstance(body, bytes) else b""


def _explain(refusal: HTTPError, body: bytes, query: str) -> str:
    """Return what an error response says: a problem document (RFC 9457), or the beginning of a plain text."""
    status = clean_line(f"{refusal.code} {refusal.reason}")
    media_type = refusal.headers.get_content_type()
    if media_type == PROBLEM_MEDIA_TYPE:
        try:
            problem = json.loads(body)
            title, detail = problem.get("title") or status, problem.get("detail") or ""
            line, column = problem.get("line"), problem.get("column")
            said = clean_line(": ".join(part for part in (str(title), str(detail)) if part))
        except (ValueError, AttributeError):
            return status
        if isinstance(line, int) and isinstance(column, int):
            place = "" if f"column {column}" in said else f" (line {line}, column {column})"
            return said + place + _point_at(query, line, column)
        wait = refusal.headers.get("Retry-After")
        return said + (f" Try again in {clean_line(wait)} s." if wait else "")
    if media_type == "text/plain" and body:
        said = clean_line(body.decode("utf-8", "replace"))
        return f"{status}: {said[:_MOST_SHOWN_CHARS]}{'…' if len(said) > _MOST_SHOWN_CHARS else ''}"
    return status


def _point_at(query: str, line: int, column: int) -> str:
    """Return the line of a query with a caret below a column, both from 1; nothing where there is no such place."""
    lines = query.split("\n")
    if not (1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1):
        return ""
    start = max(0, column - 1 - _MARGIN_CHARS)
    window = "".join(" " if c.isspace() or not c.isprintable() else c for c in lines[line - 1])
    shown = window[start : column - 1 + _MARGIN_CHARS].rstrip()
    return f"\n  {shown}\n  {' ' * width_of(window[start : column - 1])}^"


def _explain_silence(endpoint: str, error: OSError | HTTPException, timeout_s: float) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"{endpoint} did not answer within {timeout_s:g} s; ask for less, or give it longer with --timeout"
    if isinstance(error, URLError):
        why = getattr(reason, "strerror", None) or reason
        return f"cannot reach {endpoint} ({why}); start a service with `aigov serve`, or name another --endpoint"
    return f"the answer of {endpoint} broke off ({type(error).__name__}), nothing of it is shown; ask again"


def _show(reply: Reply) -> bytes:
    """Return an answer for a person: solutions as a table, a truth as a word, a graph as it came."""
    if reply.media_type not in (formats.JSON, "application/json"):
        return reply.body
    try:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        return format_results(json.loads(reply.body), width).encode()
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise EndpointError("what the endpoint sent is not SPARQL results in JSON; see it with --format json") from exc


def _find_query(catalogue: Catalogue, name: str) -> str:
    if name not in catalogue:
        raise UsageError(name, "there is no query of that name", "see `aigov query --list`")
    return catalogue[name].text


def _list_queries(catalogue: Catalogue) -> str:
    """Return a line a named query, in the language of the terminal (POSIX, 8.2: LC_ALL, LC_MESSAGES, LANG)."""
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    ranges = [locale.partition(".")[0].partition("@")[0].replace("_", "-").lower()]
    return "".join(f"{name}  {query.question(ranges).value}\n" for name, query in catalogue.items())


def _write(data: bytes) -> int:
    """Write data to the standard output as UTF-8, whatever the locale; a reader that has enough may go."""
    if data and not data.endswith(b"\n") and sys.stdout.isatty():
        data += b"\n"
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return 0
