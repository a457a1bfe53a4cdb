"""How fast texts become N-Quads, stage by stage, beside spaCy matching the same labels in the same texts.

usage: python benchmarks/extraction.py [--mb N ...] [--one N ...]

`--mb` sizes (default 1 and 10) are corpora of many documents, `--one` sizes (default 1 and 10) one single document in
English and one in Chinese; this takes five minutes or so, `--mb 100` a quarter of an hour more. Texts are the bundled
ones and the passages of `data/gold`, again and again with a number in every sentence, so that no sentence comes twice.
Each size runs in a process of its own, with one core; MB are 10^6 bytes of UTF-8 text as it was read. SHACL, rules and
catalogue are not part of it.

The peer is `spacy.blank(language)` with a PhraseMatcher (attribute LOWER; Chinese by characters) over all labels of
the language: tokens and matches only, no acts, no speakers, no RDF. It gets a long text in pieces of the million
characters that spaCy takes at once, and needs `pip install 'aigov[bench]'`. Seconds depend on the machine and what
else it does; the ratios and the growth are what can be compared.

One long text is held whole, with all that was found in it: some 70 MB of memory a MB of text (measured up to 10 MB), so
that a single text of 100 MB needs about 7 GB. A corpus needs what its largest text does.
"""

import argparse
import os
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from rdflib.namespace import SKOS

from graph_builder.extraction import extract
from graph_builder.iri import identifier_of
from graph_builder.lexicon import Lexicons, compile_lexicon
from graph_builder.model import Extraction, SourceDocument
from graph_builder.nquads import format_work
from graph_builder.ontology import load_vocabulary
from graph_builder.quads import VocabularyLinks, load_links, to_quads
from graph_builder.reading import read_document
from graph_builder.serialization import format_nquads
from graph_builder.settings import load_settings
from graph_builder.structure import segment_document
from graph_builder.text import clean_text

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [*sorted((ROOT / "data" / "sources").glob("*.txt")), *sorted((ROOT / "data/gold/passages").glob("*.txt"))]
STAGES = ("read", "clean", "structure", "mentions + frames", "N-Quads")
MEGABYTE = 1_000_000
_SENTENCE_END = re.compile(r"(?<=[^\W\d_])([.;](?=\s)|[。；])")
_ENTRY = 'work = "one"\ntitle = { en = "One long text" }\nkind = "policy-instrument"\nissuers = ["china"]\n'
_SAMPLE = 20  # documents of the corpus that are written as rdflib's quads too, for comparison


@dataclass(frozen=True)
class Corpus:
    """Texts to measure: many documents (`language` None), or a single one in a language."""

    megabytes: float
    language: str | None = None

    @property
    def name(self) -> str:
        return f"{self.megabytes:g} MB, " + ("many documents" if self.language is None else f"one {self.language}")

    def list_texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield name, text and registry entry of each document, numbered sentence by sentence."""
        texts = [path for path in TEXTS if self.language in (None, path.name.split(".")[1][:2])]
        read = _read_whole if self.language is None else _read_body
        parts: list[str] = []
        size = number = 0
        for turn in range(1 << 30):
            path = texts[turn % len(texts)]
            raw, number = _number_sentences(read(path), number)
            size += len(raw.encode())
            entry = path.with_suffix(".toml").read_text(encoding="utf-8")
            if self.language is None:
                work = re.sub(r'(?m)^work = "(.*)"', rf'work = "\1-{turn}"', entry)
                yield f"{turn}.{path.name}", raw, work
            parts.append(raw)
            if size >= self.megabytes * MEGABYTE:
                break
        if self.language is not None:
            yield path.name, "\n\n".join(parts), _ENTRY + re.search("(?m)^language = .*$", entry)[0] + "\n"

    def write(self, folder: Path) -> None:
        """Write the documents and their registry entries."""
        for name, raw, entry in self.list_texts():
            path = folder / name
            path.write_text(raw, encoding="utf-8")
            path.with_suffix(".toml").write_text(entry, encoding="utf-8")


def _read_whole(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _load_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the actors and the events that registry entries may name."""
    vocabulary = load_vocabulary(load_settings())
    ids = [identifier_of(str(subject)) or "" for subject in vocabulary.subjects(unique=True)]
    actors, events = (
        frozenset(i.removeprefix(kind) for i in ids if i.startswith(kind)) for kind in ("actor/", "event/")
    )
    return actors, events


@cache
def _read_body(path: Path) -> str:
    """Return the running text of a document: page furniture amid a long text would end its body."""
    document = read_document(path, *_load_names())
    text = clean_text(document.raw, document.registration.language)
    regions = segment_document(text, document.registration).regions
    return "\n".join(
        text.raw[text.offsets[region.span.start] : text.offsets[region.span.end]]
        for region in regions
        if region.kind in ("body", "heading")
    )


def _number_sentences(raw: str, number: int) -> tuple[str, int]:
    def numbered(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return f" {number}{match[1]}"

    return _SENTENCE_END.sub(numbered, raw), number


@dataclass(frozen=True)
class Measurement:
    """What one run took: seconds of processor time by stage, bytes read and written, the peak of memory."""

    seconds: dict[str, float]
    text_bytes: int
    quad_bytes: int
    peak_bytes: int

    @property
    def speed(self) -> float:
        """MB of text a second."""
        return self.text_bytes / MEGABYTE / sum(self.seconds[stage] for stage in STAGES)


class _Clock:
    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._last = time.process_time()

    def stop(self, stage: str) -> None:
        now = time.process_time()
        self.seconds[stage] += now - self._last
        self._last = now


def measure_builder(folder: Path) -> Measurement:
    """Build the documents of a folder one after the other and throw the N-Quads away."""
    vocabulary = load_vocabulary(load_settings())
    lexicons, links = compile_lexicon(vocabulary), load_links(vocabulary)
    for path in TEXTS:  # lexicons, grammars and dictionaries are loaded when a language first needs them
        _build(read_document(path, *_load_names()), lexicons, links, _Clock())
    clock, text_bytes, quad_bytes = _Clock(), 0, 0
    for at, path in enumerate(sorted(folder.glob("*.txt"))):
        document = read_document(path, *_load_names())
        clock.stop("read")
        extraction, written = _build(document, lexicons, links, clock)
        text_bytes += document.size_bytes
        quad_bytes += written
        if at < _SAMPLE and document.size_bytes < MEGABYTE:
            clock.stop("between")
            for _ in format_nquads(to_quads([extraction], links)):
                pass
            clock.stop("by rdflib")
            clock.seconds["sampled bytes"] += document.size_bytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measurement(dict(clock.seconds), text_bytes, quad_bytes, peak)


def _build(
    document: SourceDocument, lexicons: Lexicons, links: VocabularyLinks, clock: _Clock
) -> tuple[Extraction, int]:
    """Return what a document says and how many bytes of N-Quads that is."""
    text = clean_text(document.raw, document.registration.language)
    clock.stop("clean")
    structure = segment_document(text, document.registration)
    clock.stop("structure")
    extraction = extract(document, text, structure, lexicons)
    clock.stop("mentions + frames")
    written = sum(map(len, format_work([extraction], links)))
    clock.stop("N-Quads")
    return extraction, written


def measure_peer(folder: Path) -> float | None:
    """Return how many MB a second spaCy cuts into tokens and matches, None where it is not installed."""
    try:
        import spacy
        from spacy.matcher import PhraseMatcher
    except ImportError:
        return None
    vocabulary = load_vocabulary(load_settings())
    peers = {}
    for language in ("en", "fr", "zh"):
        nlp = spacy.blank(language)  # Chinese is cut into characters
        matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        labels = {
            str(label)
            for predicate in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
            for label in vocabulary.objects(predicate=predicate)
            if str(getattr(label, "language", "")).startswith(language)
        }
        matcher.add("labels", [nlp.make_doc(label) for label in sorted(labels)])
        peers[language] = nlp, matcher
    size, seconds = 0, 0.0
    for path in sorted(folder.glob("*.txt")):
        raw = path.read_text(encoding="utf-8")
        nlp, matcher = peers[path.name.split(".")[-2][:2]]
        start = time.process_time()
        for at in range(0, len(raw), nlp.max_length):
            matcher(nlp.make_doc(raw[at : at + nlp.max_length]))
        seconds += time.process_time() - start
        size += len(raw.encode())
    return size / MEGABYTE / seconds


def run(corpus: Corpus) -> tuple[Measurement, float | None]:
    """Measure the builder and the peer on one corpus, each in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        corpus.write(Path(name))
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
            return pool.submit(measure_builder, Path(name)).result(), pool.submit(measure_peer, Path(name)).result()


def format_row(corpus: Corpus, measured: Measurement, peer: float | None) -> str:
    """Return one line of the table."""
    size = measured.text_bytes / MEGABYTE
    stages = "  ".join(f"{measured.seconds[stage] / size:{len(stage)}.2f}" for stage in STAGES)
    beside = f"{peer:6.2f}  {measured.speed / peer:6.3f}" if peer else "     -       -"
    peak, factor = measured.peak_bytes / MEGABYTE, measured.quad_bytes / measured.text_bytes
    return f"{corpus.name:24}  {measured.speed:5.2f}  {stages}  {factor:6.0f}  {peak:7.0f}  {beside}\n"


def format_growth(corpora: Sequence[Corpus], measured: Sequence[Measurement]) -> Iterator[str]:
    """Yield how the seconds a megabyte grow from one size to the next of the same kind: 1.00 is linear."""
    last: dict[str | None, Measurement] = {}
    for corpus, now in zip(corpora, measured, strict=True):
        before = last.get(corpus.language)
        if before is not None:
            more = now.text_bytes / before.text_bytes
            slower = before.speed / now.speed
            yield f"growth to {corpus.name}: {more:.1f} times the text, {slower:.2f} times the seconds a MB\n"
        last[corpus.language] = now


def main() -> None:
    """Measure corpus after corpus and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, nargs="*", default=[1, 10])
    parser.add_argument("--one", type=float, nargs="*", default=[1, 10])
    arguments = parser.parse_args()
    corpora = [Corpus(size) for size in arguments.mb]
    corpora += [Corpus(size, language) for language in ("en", "zh") for size in arguments.one]
    sys.stdout.write(f"{os.cpu_count()} cores, one used; seconds are processor seconds for a MB of text\n")
    titles = "  ".join(STAGES)
    sys.stdout.write(f"{'corpus':24}   MB/s  {titles}  growth  peak MB   spaCy   ratio\n")
    rows = []
    for corpus in corpora:
        measured, peer = run(corpus)
        rows.append(measured)
        sys.stdout.write(format_row(corpus, measured, peer))
        sys.stdout.flush()
    for line in format_growth(corpora, rows):
        sys.stdout.write(line)
    sampled = [row for row in rows if row.seconds.get("sampled bytes")]
    for row in sampled[:1]:
        each = row.seconds["by rdflib"] / row.seconds["sampled bytes"] * MEGABYTE
        sys.stdout.write(f"the same lines by way of rdflib's terms: {each:.2f} s a MB instead of the last stage\n")


if __name__ == "__main__":
    main()
