"""Read the queries that a package keeps as `.rq` files beside its modules."""

from importlib import resources


def load_query(package: str, name: str) -> str:
    """Return the text of `NAME.rq` in a package's folder `queries`."""
    return (resources.files(package) / "queries" / f"{name}.rq").read_text(encoding="utf-8")
