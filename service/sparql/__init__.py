"""The SPARQL endpoint: the 1.1 Protocol for queries, as a plain ASGI app."""
