"""Linked data: every IRI of ours answers with a page or with a bounded description as RDF."""
