"""Compiles one catalogue: compile_po.py SOURCE.po TARGET.mo. Needs Babel, so it runs inside an environment."""

import sys
from datetime import UTC, datetime

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

with open(sys.argv[1], "rb") as source:
    catalogue = read_po(source)
catalogue.creation_date = datetime.fromtimestamp(0, UTC)  # else the moment of compiling, in every file
with open(sys.argv[2], "wb") as target:
    write_mo(target, catalogue)
