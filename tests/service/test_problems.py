import pytest

from service import errors
from service.problems import PROBLEM_BY_SLUG, PROBLEMS, problem_response

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ServiceError)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not errors.ServiceError])
def test_every_error_has_a_status(kind: type[errors.ServiceError]) -> None:
    response = problem_response(kind("what is wrong", headers={"Retry-After": "3"}, limit_s=2))
    assert response.status_code == PROBLEMS[kind].status >= 400
    assert response.media_type == "application/problem+json"
    assert response.headers["retry-after"] == "3"
    assert b'"limit_s": 2' in response.body


def test_no_two_kinds_share_an_iri() -> None:
    assert len(PROBLEM_BY_SLUG) == len(PROBLEMS)
