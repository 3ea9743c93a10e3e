"""All measurements in one table:  PYTHONPATH=src python -m benchmarks [--sizes 1000,20000,100000]"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from benchmarks import files, generator, measures
from benchmarks.pairs import Result
from casedesk.services.sign_in import sign_in

SIZES = "1000,20000,100000"
HEAD = ("what", "cases", "ours", "bare", "ratio", "limit", "")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="numbers of cases, separated by commas")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    small: dict[str, float] = {}
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for cases in sizes:
            folder = Path(scratch) / str(cases)
            generator.make(folder, cases)
            for result in measures.start(folder, cases):
                tell(result)
            memory[cases] = measures.memory(folder)
            desk = sign_in(folder, generator.SIGN_IN, generator.PASSPHRASE)
            for measure in (
                measures.save,
                measures.case_page,
                measures.widgets,
                measures.paper,
                files.workbook,
                files.paper,
            ):
                for result in measure(desk, cases):
                    tell(result)
            for result in measures.lists(desk, cases, small):
                tell(result)
            desk.store.vault.close()
    if len(sizes) > 1:
        most, least = memory[sizes[-1]], memory[sizes[0]]
        tell(Result(f"memory, against {sizes[0]:,} cases", sizes[-1], most, least, 1.2, "MiB"))


def tell(result: Result) -> None:
    """One line of the table."""
    factor = 1000 if result.unit == "ms" else 1
    figures = (f"{result.ours * factor:.1f} {result.unit}", f"{result.bare * factor:.1f} {result.unit}")
    limit = f"≤ {result.limit}" if result.limit else "–"
    verdict = "" if result.limit is None else "met" if result.ratio <= result.limit else "missed"
    cells = (result.what, f"{result.cases:,}", *figures, f"{result.ratio:.2f}", limit, verdict)
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
