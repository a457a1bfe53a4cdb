# `make serve` and `make test` need Python ≥ 3.11, make and git, nothing else; everything goes into .venv.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: serve build test test-all check validate evaluate conformance format hermit clean

serve: build                   ## build the graph from the bundled texts and serve it
	$(BIN)/aigov serve --graph build/graph.nq --store store --port $(PORT)

build: .venv/runtime           ## build the graph into build/
	$(BIN)/aigov build --out build

test: .venv/dev                ## everything that needs only what pip installs
	$(BIN)/python -m pytest

test-all: .venv/dev            ## also what needs Java, a browser or minutes
	$(BIN)/pip install --quiet --editable '.[dev,hermit]'
	$(BIN)/python -m pytest -m ''

check: .venv/dev               ## formatting, lint, types and the quick tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

format: .venv/dev              ## rewrite code and Turtle in their canonical forms
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/aigov format ontology shapes

validate: build                ## check the built graph against the shapes
	$(BIN)/aigov validate build/graph.nq

evaluate: .venv/runtime        ## measure the extraction, rewrite docs/evaluation.md (TEXTS=FOLDER: independent texts too)
ifdef TEXTS
	$(BIN)/aigov evaluate $(TEXTS) --gold data/gold/independent --json > data/gold/independent/.scores.json.new
	mv data/gold/independent/.scores.json.new data/gold/independent/scores.json
endif
	$(BIN)/aigov evaluate > docs/.evaluation.md.new
	mv docs/.evaluation.md.new docs/evaluation.md

conformance: .venv/dev         ## run the W3C's SPARQL tests, rewrite docs/conformance.md (RUNNER=FILE TESTS=FOLDER: where they lie)
	$(BIN)/python tests/conformance/w3c_suite.py $(if $(RUNNER),--runner $(RUNNER)) $(if $(TESTS),--tests $(TESTS))

hermit: .venv/dev              ## classify the ontology with HermiT (needs Java)
	$(BIN)/pip install --quiet --editable '.[dev,hermit]'
	$(BIN)/python -m pytest -m '' tests/test_hermit.py

clean:                         ## remove everything that was built
	rm -rf build store .venv

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("aigov needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/dev: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ .venv/runtime
