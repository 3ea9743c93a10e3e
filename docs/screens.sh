#!/bin/sh
# Makes the pictures of this folder anew:  sh docs/screens.sh
set -eu
cd "$(dirname "$0")/.."
sh installer/run.sh demo --headless
mkdir -p docs/screens
.venv/bin/python - build/demo/screens docs/screens <<'END'
"""Copies the pictures with 256 colours: a third of the size, and no difference to the eye."""
import sys
from pathlib import Path

from PIL import Image

for picture in sorted(Path(sys.argv[1]).glob("*.png")):
    with Image.open(picture) as full:
        full.convert("RGB").quantize(256).save(Path(sys.argv[2]) / picture.name, optimize=True)
END
