"""How long a build takes, beside pySHACL as it is shipped on the same graph in the same run.

usage: python benchmarks/build.py [--rounds N]

Each round builds the bundled texts into a new folder and again into the same one, then lets `pyshacl.validate` check
the graph that was built. Seconds depend on the machine and what else it does; the ratios are what can be compared.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEER = """
import sys, rdflib, pyshacl
from pathlib import Path
data, shapes = rdflib.Dataset(default_union=True), rdflib.Graph()
data.parse(sys.argv[1], format="nquads")
graph = rdflib.Graph()
for s, p, o, _ in data.quads():
    graph.add((s, p, o))
for path in sorted(Path(sys.argv[2]).glob("*.ttl")):
    shapes.parse(path)
shapes.parse(Path(sys.argv[3]))
conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes)
sys.exit(0 if conforms else text)
"""


def time_command(*command: object) -> float:
    """Return the seconds a command takes; it must succeed."""
    start = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Run the rounds and print a line each, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    rows = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            build = (sys.executable, "-m", "graph_builder.cli", "build", "--out", out)
            first, again = time_command(*build), time_command(*build)
            prefixes = ROOT / "ontology" / "prefixes.ttl"
            peer = time_command(sys.executable, "-c", PEER, out / "graph.nq", ROOT / "shapes", prefixes)
        rows.append((first, again, peer))
        sys.stdout.write(f"build {first:6.2f} s   rebuild {again:6.2f} s   pySHACL as shipped {peer:6.2f} s\n")
    first, again, peer = (statistics.median(column) for column in zip(*rows, strict=True))
    sys.stdout.write(
        f"median: build {first / peer:.2f}, rebuild {again / peer:.2f} of pySHACL's time for the check alone\n"
    )


if __name__ == "__main__":
    main()
