"""Serve the graph: SPARQL, linked data, pages and a guarded door for new triples."""
