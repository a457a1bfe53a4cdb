"""Where the data of the domain lies, and the version of the rules."""

from dataclasses import dataclass
from pathlib import Path

RULES_VERSION = "0.1.0"
"""Version of grammar, lexicon compilation and rules; part of the provenance of every statement."""


def find_root() -> Path:
    """Return the folder of `ontology/`, `shapes/` and `data/`: the checkout, or the data bundled in the wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent
    return checkout if (checkout / "ontology" / "aigov.ttl").is_file() else package / "bundled"


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders one build reads from; built once, passed down."""

    root: Path

    @property
    def ontology(self) -> Path:
        """OWL ontology, vocabularies, mappings, rules and questions."""
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        """SHACL shapes."""
        return self.root / "shapes"

    @property
    def sources(self) -> Path:
        """The bundled texts and their registry entries."""
        return self.root / "data" / "sources"

    @property
    def gold(self) -> Path:
        """Annotations to measure the extraction against; only a checkout has them."""
        return self.root / "data" / "gold"


def load_settings() -> Settings:
    """Build the settings of this installation."""
    return Settings(root=find_root())
