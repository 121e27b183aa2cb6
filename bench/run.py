"""Run the benchmarks: `run.py [PART …] [--runs N] [--json FILE]`.

`search` also takes `--sizes`, `--keep FOLDER` (collections that were made are not made again) and
`--plot FILE.svg`, which draws what it costs against the size, if the machine was free for it.

Exit code 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import part_cli
import part_clients
import part_clone
import part_embedded
import part_ingest
import part_networks
import part_search
import part_server
import part_services
import part_up
from report import Report

PARTS = {
    "cli": part_cli.run,
    "up": part_up.run,
    "networks": part_networks.run,
    "embedded": part_embedded.run,
    "clone": part_clone.run,
    "ingest": part_ingest.run,
    "search": part_search.run,
    "services": part_services.run,
    "server": part_server.run,
    "clients": part_clients.run,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=part_search.SIZES)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part `{min(unknown)}`; one of: {' '.join(PARTS)}")
    report = Report()
    asked = {"search": {"sizes": chosen.sizes, "keep": chosen.keep, "plot": chosen.plot}}
    for name in chosen.parts or PARTS:
        PARTS[name](report, runs=chosen.runs, **asked.get(name, {}))
    return report.finish(chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
