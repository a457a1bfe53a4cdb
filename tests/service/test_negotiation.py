import pytest

from service.negotiation import negotiate

OFFERED = ("text/turtle", "application/ld+json", "text/html")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/turtle"),
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/*", "text/turtle"),
        ("application/*", "application/ld+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "text/html"),
        ("text/turtle;q=0.5, application/ld+json", "application/ld+json"),
        ("text/turtle ; q=0.5 ,application/ld+json;q=0.4", "text/turtle"),
        ("text/turtle;q=0, */*", "application/ld+json"),
        ("text/*;q=0, */*;q=0.1", "application/ld+json"),
        ("text/turtle;q=0.2, text/*;q=0.9", "text/html"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/pdf", None),
        ("application/pdf, image/*", None),
        ("*/*;q=0", None),
        ("text/turtle;q=0", None),
        ("text/turtle;q=2", "text/turtle"),
        ("nonsense", "text/turtle"),
        ("nonsense, text/html", "text/html"),
        ("text/turtle;q=0.1, text/turtle;q=0.9, text/html;q=0.5", "text/turtle"),
        ("application/pdf, text/html;q=0.001", "text/html"),
    ],
)
def test_accept_chooses(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept, OFFERED) == chosen
