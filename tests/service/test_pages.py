import tomllib
from importlib import resources

import pytest
from serving import Server

from service.problems import PROBLEMS


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "statements"), ("zh-Hans", "条陈述"), ("zh-HK", "条陈述"), ("fr", "énoncés"), ("ja", "statements")],
)
def test_start_page_counts_in_the_readers_language(server: Server, language: str, says: str) -> None:
    response = server.client.get("/", headers={"Accept-Language": language})
    assert response.status_code == 200
    assert f"<dd>4</dd><dt>{says}</dt>" in response.text
    assert '<a href="/instrument/model-plan"' in response.text


def test_start_page_needs_no_script_and_nothing_from_elsewhere(server: Server) -> None:
    response = server.client.get("/")
    assert "<script" not in response.text
    assert 'src="http' not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    style = server.client.get("/static/aigov.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "@import" not in style.text
    assert "url(" not in style.text


def test_messages_have_the_same_keys_in_every_language() -> None:
    messages = tomllib.loads((resources.files("service.pages") / "messages.toml").read_text(encoding="utf-8"))
    assert messages.keys() == {"en", "zh-Hans", "fr"}
    assert messages["en"].keys() == messages["zh-Hans"].keys() == messages["fr"].keys()


def test_health_tells_what_stands(server: Server) -> None:
    health = server.client.get("/health").json()
    assert (health["status"], health["graphs"], health["store"]) == ("ok", 5, "embedded, on disk")
    assert health["triples"] == 182
    assert len(health["release"]) == 64
    assert health["readers"]["alive"] >= 2
    assert set(health["readers"]["walls"]) == {"sockets", "address_space"}


def test_openapi_describes_every_route(server: Server) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    operations = {"/health", "/health/live", "/health/ready", "/metrics"}
    data = {"/page/{path}", "/data/{path}", "/{path}", "/problem/{slug}"}
    named = {"/queries", "/queries/{name}", "/question/{name}"}
    assert {"/", "/sparql", "/store", "/store/{path}", "/.well-known/void"} | operations | data | named == set(paths)
    assert "application/sparql-query" in paths["/sparql"]["post"]["requestBody"]["content"]
    assert "504" in paths["/sparql"]["get"]["responses"]


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.slug)
def test_every_kind_of_problem_dereferences(server: Server, problem: object) -> None:
    slug = getattr(problem, "slug")  # noqa: B009
    assert server.client.get(f"/problem/{slug}").status_code == 200
