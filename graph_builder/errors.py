"""The errors of the builder: each says what is wrong, where, and what to do."""


class AigovError(Exception):
    """An error a user can mend; its text is one line: `where: what; remedy`.

    Attributes:
        where: file, IRI or place in a file ("data/sources/a.toml, line 3").
        what: what is wrong.
        remedy: what to do about it.
    """

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}; {remedy}")
        self.where, self.what, self.remedy = where, what, remedy

    def __reduce__(self) -> tuple[type["AigovError"], tuple[str, str, str]]:
        """Let a worker process hand its error over: an exception is rebuilt from its arguments, not its message."""
        return type(self), (self.where, self.what, self.remedy)


class SourceError(AigovError):
    """A source file cannot be read (encoding, empty, no text in it)."""


class RegistryError(AigovError):
    """A registry entry is missing a field, or holds a value that nothing knows."""


class OntologyError(AigovError):
    """A file of `ontology/` or `shapes/` cannot be parsed or contradicts itself."""


class GrammarError(AigovError):
    """A file of the extraction grammar is malformed or names an unknown id."""


class CheckError(AigovError):
    """The graph could not be checked (not: it was checked and found wanting)."""
