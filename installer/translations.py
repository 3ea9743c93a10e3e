"""Keeps the catalogues: collects every marked text, and says which Bangla words are missing.

python installer/translations.py            brings the .po files up to date
python installer/translations.py --check    fails if a text is missing, untranslated, or loses a {place}
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "resources" / "translations" / "bn" / "LC_MESSAGES" / "casedesk.po"
HEADER = b"""# Bangla for CaseDesk. Words follow the glossary of the user manual.
msgid ""
msgstr ""
"Language: bn\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
PLACE = re.compile(r"\{\w+\}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    catalogue = _updated()
    if not parser.parse_args().check:
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        CATALOGUE.write_bytes(_written(catalogue))
        sys.stdout.write(f"{len(catalogue)} texts, {len(_problems(catalogue))} to do\n")
        return 0
    problems = _problems(catalogue)
    if not problems and CATALOGUE.read_bytes() != _written(catalogue):
        problems = ["the catalogue is not up to date: run installer/translations.py"]
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return int(bool(problems))


def _updated() -> Catalog:
    found = Catalog(project="CaseDesk", charset="utf-8")
    keywords = {"_": None, "N_": None, "ngettext": (1, 2)}
    texts = extract_from_dir(ROOT / "src", keywords=keywords, comment_tags=("Translators:",))
    for name, _line, text, comments, _context in texts:
        found.add(text, locations=[(Path(name).as_posix(), 0)], auto_comments=comments)
    if not CATALOGUE.exists():
        known = Catalog(locale="bn", project="CaseDesk", charset="utf-8", fuzzy=False)
    else:
        with CATALOGUE.open("rb") as file:
            known = read_po(file, locale="bn")
    known.update(found, no_fuzzy_matching=True, update_header_comment=False)
    known.obsolete.clear()
    return known


def _written(catalogue: Catalog) -> bytes:
    """The file without what changes by itself: dates, places in the source, names of tools."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, no_location=True, ignore_obsolete=True)
    _header, _blank, body = out.getvalue().partition(b"\n\n")
    return HEADER + body


def _problems(catalogue: Catalog) -> list[str]:
    found = []
    for message in catalogue:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        said = list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]
        if message.fuzzy or not all(said):
            found.append(f"not translated: {ids[0]}")
        elif any(set(PLACE.findall(text)) - set(PLACE.findall(ids[-1])) for text in said):
            found.append(f"a place that is not in the text: {ids[0]}")
        elif set(PLACE.findall(ids[-1])) - set(PLACE.findall(said[-1])):
            found.append(f"a place is lost: {ids[0]}")
    return found


if __name__ == "__main__":
    sys.exit(main())
