"""The named queries: questions in words, each with a query that answers it, under an address of its own."""
