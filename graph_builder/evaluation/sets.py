"""Which texts have gold annotations, and where these lie."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph_builder.errors import AigovError
from graph_builder.evaluation.documents import TextScores, measure_text, parse_record
from graph_builder.evaluation.gold import load_gold, load_regions, load_topics
from graph_builder.model import Extraction

DEVELOPMENT, PASSAGES, INDEPENDENT = "development", "passages", "independent"
SCORES_FILE = "scores.json"
"""In a folder of gold whose texts are elsewhere: what was measured when they were at hand."""


@dataclass(frozen=True, slots=True)
class GoldFolders:
    """Where to look for the annotations of a text: beside it, then in folders (WORK.LANGUAGE.jsonl, or by its name).

    `beside` maps names of text files to annotation files. `development` is the folder of the bundled texts' gold.
    """

    development: Path
    folders: tuple[Path, ...]
    beside: Mapping[str, Path]

    def find(self, extraction: Extraction) -> Path | None:
        """Return the annotation file of a text, if it has one."""
        document = extraction.document
        keys = (f"{document.registration.work}.{document.registration.language}", Path(document.name).stem)
        paths = [folder / f"{key}.jsonl" for folder in self.folders for key in keys]
        return self.beside.get(document.name) or next((path for path in paths if path.is_file()), None)

    def measure(self, extraction: Extraction) -> TextScores | None:
        """Measure one text; None if it has no annotations.

        Raises:
            AigovError: the annotations are malformed, or not of this copy of the text.
        """
        path = self.find(extraction)
        if path is None:
            return None
        folder = path.parent
        regions = folder / "regions" / path.name
        return measure_text(
            extraction,
            load_gold(path),
            gold_set=DEVELOPMENT if folder.resolve() == self.development.resolve() else folder.resolve().name,
            regions=load_regions(regions) if regions.is_file() else (),
            known_topics=load_topics(folder),
        )


def find_gold(sources: Sequence[Path], gold: Path, named: Sequence[Path] = ()) -> tuple[list[Path], GoldFolders]:
    """Return the texts worth reading, and where their annotations are.

    In a folder that has annotations beside texts, texts without them (a README) are left out.

    Args:
        sources: the texts.
        gold: the folder of the project's own annotations.
        named: folders to look into instead of this one and of those beside the texts.

    Raises:
        AigovError: a named folder has no annotations, or two texts with annotations beside them have the same name.
    """
    for folder in named:
        if not any(folder.glob("*.jsonl")):
            raise AigovError(str(folder), "no gold annotations (*.jsonl) there", "name their folder with --gold")
    if named:
        return list(sources), GoldFolders(gold, tuple(named), {})
    beside: dict[str, Path] = {}
    for source in sources:
        if source.with_suffix(".jsonl").is_file():
            if source.name in beside:
                raise AigovError(str(source), "a second annotated text of this name", "evaluate the two one by one")
            beside[source.name] = source.with_suffix(".jsonl")
    annotated = {path.parent for path in beside.values()}
    kept = [s for s in sources if s.parent not in annotated or s.with_suffix(".jsonl") in beside.values()]
    return kept, GoldFolders(gold, (gold, gold / INDEPENDENT), beside)


def load_scores(gold: Path) -> Iterator[TextScores]:
    """Yield what was measured of texts that are not in the project, from the folders of their annotations.

    Raises:
        AigovError: a file of scores is malformed.
    """
    for path in sorted(gold.glob(f"*/{SCORES_FILE}")):
        try:
            texts = json.loads(path.read_text(encoding="utf-8"))["texts"]
        except (OSError, ValueError, KeyError, TypeError) as exc:
            what = f"no scores ({type(exc).__name__}: {exc})"
            raise AigovError(str(path), what, "write it with `aigov evaluate --json`") from exc
        yield from (parse_record(record, str(path)) for record in texts)
