"""Choose a representation by the Accept header, as RFC 9110, section 12.5.1, has it."""

import re
from collections.abc import Sequence

_RANGE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9a-z-]+)/([!#$%&'*+.^_`|~0-9a-z-]+)\s*((?:;[^;]*)*)", re.IGNORECASE)
_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def negotiate(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the offered media type that the client likes best, or None when it accepts none of them.

    The most specific range decides the quality of a type; among equals the first offered wins. No header, an empty one
    and one without a single readable range accept everything. Parameters of a range other than `q` are not compared.

    Args:
        accept: the header as it came, several lines joined by commas.
        offered: media types without parameters, lower case, best first, at least one.

    >>> negotiate("text/*;q=0.5, application/rdf+xml", ["text/turtle", "application/rdf+xml"])
    'application/rdf+xml'
    """
    quality_by_range = _parse_accept(accept or "")
    if not quality_by_range:
        return offered[0]
    best, best_quality = None, 0.0
    for media_type in offered:
        quality = _quality_of(media_type, quality_by_range)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def _quality_of(media_type: str, quality_by_range: dict[str, float]) -> float:
    for candidate in (media_type, media_type.split("/", 1)[0] + "/*", "*/*"):
        if candidate in quality_by_range:
            return quality_by_range[candidate]
    return 0.0


def _parse_accept(accept: str) -> dict[str, float]:
    """Read media ranges with their qualities; what is not a range, or has no readable quality, is left out."""
    quality_by_range: dict[str, float] = {}
    for part in accept.split(","):
        match = _RANGE.fullmatch(part)
        quality = _parse_quality(match[3]) if match else None
        if match and quality is not None:
            media_range = f"{match[1]}/{match[2]}".lower()
            quality_by_range[media_range] = max(quality, quality_by_range.get(media_range, 0.0))
    return quality_by_range


def _parse_quality(parameters: str) -> float | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return float(value.strip()) if _QUALITY.fullmatch(value.strip()) else None
    return 1.0
