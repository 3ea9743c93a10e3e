"""Makes the Debian package: PyInstaller's folder, what the desktop shows of it, and a list of all contents."""

from __future__ import annotations

import gzip
import re
import shutil
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import bundle
from bundle import BUILD, BUNDLE, HERE, PROGRAM, VERSION, WORK

LINUX = BUNDLE["linux"]
COMMAND = PROGRAM["command"]
PACKAGE = BUILD / f"{COMMAND}_{VERSION}_{LINUX['architecture']}.deb"


def main() -> None:
    python = bundle.tools()
    pictures = bundle.fresh(WORK / "icons")
    bundle.run(python, HERE / "icon.py", pictures, PYTHONPATH="src", QT_QPA_PLATFORM="offscreen")
    tree = bundle.fresh(WORK / "deb")
    program = tree / "usr/lib" / COMMAND
    program.parent.mkdir(parents=True)
    shutil.move(frozen(python), program)
    bundle.copy_resources(program / "resources", python)
    desktop(tree, pictures)
    documents(tree / "usr/share/doc" / COMMAND, python)
    bundle.refuse_traces(tree)
    control(tree)
    bundle.settle(tree)
    # One thread: xz in many threads writes other bytes on a computer with another number of cores.
    bundle.run("dpkg-deb", "--root-owner-group", "-Zxz", "--threads-max=1", "--build", tree, PACKAGE)
    bundle.told(PACKAGE)


def frozen(python: Path) -> Path:
    """The program with its interpreter and packages, as PyInstaller puts them together."""
    work, out = bundle.fresh(WORK / "pyinstaller"), bundle.fresh(WORK / "dist")
    spec = HERE / "linux/casedesk.spec"
    bundle.run(
        python, "-m", "PyInstaller", "--log-level=WARN", "--noconfirm", f"--workpath={work}", f"--distpath={out}", spec
    )
    for library in (out / COMMAND / "program").glob("libpython*.so*"):  # the others come without their symbols
        bundle.run("strip", "--strip-unneeded", library)
    library = out / COMMAND / "program/base_library.zip"  # PyInstaller writes its modules in any order
    with zipfile.ZipFile(library) as found:
        held = {name: found.read(name) for name in found.namelist()}
        compression = found.infolist()[0].compress_type
    bundle.write_zip(library, held, compression)
    return out / COMMAND


def desktop(tree: Path, pictures: Path) -> None:
    """What a desktop and a shell find: the command, its entry in the menu, its icons, its page of the manual."""
    link = tree / "usr/bin" / COMMAND
    link.parent.mkdir(parents=True)
    link.symlink_to(f"../lib/{COMMAND}/{COMMAND}")
    for picture in pictures.glob("*.png"):
        icons = tree / f"usr/share/icons/hicolor/{picture.stem}x{picture.stem}/apps"
        icons.mkdir(parents=True)
        shutil.copyfile(picture, icons / f"{COMMAND}.png")
    applications, pages = tree / "usr/share/applications", tree / "usr/share/man/man1"
    applications.mkdir()
    pages.mkdir(parents=True)
    (applications / f"{COMMAND}.desktop").write_text(
        bundle.filled(HERE / "linux/casedesk.desktop.in"), encoding="utf-8"
    )
    (pages / f"{COMMAND}.1.gz").write_bytes(
        gzip.compress(bundle.filled(HERE / "linux/casedesk.1.in").encode(), mtime=0)
    )


def documents(to: Path, python: Path) -> None:
    bundle.copy_documents(to)
    packages = next(python.parents[1].glob("lib/python3*/site-packages"))
    bundle.copy_licences(packages, to / "licences")


def control(tree: Path) -> None:
    """What dpkg wants to know."""
    folder = tree / "DEBIAN"
    size = sum(path.lstat().st_size for path in bundle.files(tree))
    bundle.write_contents(tree, PACKAGE.with_suffix(".contents"))
    folder.mkdir()
    (folder / "control").write_text(control_text(size // 1024, depends(tree)), encoding="utf-8")


def control_text(size: int, needs: str) -> str:
    words = LINUX | {"size": size, "depends": needs, "recommends": ", ".join(LINUX["recommends"])}
    return bundle.filled(HERE / "linux/control.in", **words)


def depends(tree: Path) -> str:
    """The libraries of the description, and the oldest C library that every file can do with."""
    needs = {
        int(minor)
        for path in bundle.files(tree)
        if ".so" in path.name or path.name == COMMAND
        for minor in re.findall(rb"GLIBC_2\.(\d+)", path.read_bytes())
    }
    return ", ".join([f"libc6 (>= 2.{max(needs)})", *LINUX["depends"]])


if __name__ == "__main__":
    main()
