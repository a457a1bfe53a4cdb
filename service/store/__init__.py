"""Hold the graph and answer queries about it; the only modules that know pyoxigraph."""
