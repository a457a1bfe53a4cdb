from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, load_settings


def test_nothing_given_leaves_the_defaults() -> None:
    assert load_settings({"PATH": "/bin"}) == Settings()


def test_command_line_wins_over_environment() -> None:
    environment = {"AIGOV_PORT": "9000", "AIGOV_STORE": "/data/store", "AIGOV_TIMEOUT_S": "2.5"}
    settings = load_settings(environment, port=9001, host=None)
    assert (settings.port, settings.store, settings.timeout_s) == (9001, Path("/data/store"), 2.5)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"AIGOV_PROT": "1"}, "no such setting"),
        ({"AIGOV_PORT": "eighty"}, "not a number"),
        ({"AIGOV_PORT": "70000"}, "no port"),
        ({"AIGOV_WORKERS": "0"}, "too small"),
        ({"AIGOV_TIMEOUT_S": "nan"}, "too small"),
        ({"AIGOV_SERVICE_ALLOWED": "https://e.org/sparql, ftp://e.org/"}, "no address"),
        ({"AIGOV_SERVICE_ALLOWED": "http://user:word@e.org/"}, "no address"),
        ({"AIGOV_SERVICE_ALLOWED": "http://e.org/#x"}, "no address"),
        ({"AIGOV_BACKEND_UPDATE": "http://e/update"}, "--backend"),
        ({"AIGOV_WRITABLE": "1", "AIGOV_TOKEN_SHA256": "0" * 64, "AIGOV_BACKEND": "http://e/"}, "--backend-update"),
    ],
)
def test_wrong_settings_are_errors_that_name_the_variable(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings(environment)
    assert next(iter(environment)) in str(caught.value)


def test_allowed_endpoints_are_separated_by_commas_or_blanks() -> None:
    settings = load_settings({"AIGOV_SERVICE_ALLOWED": " https://e.org/sparql?x=1,http://[::1]:80/ http://e "})
    assert settings.services == {"https://e.org/sparql?x=1", "http://[::1]:80/", "http://e"}
