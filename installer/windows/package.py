"""Makes the Windows installer and the folder for a stick, on Linux, from parts that are pinned by their hashes."""

from __future__ import annotations

import compileall
import py_compile
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import bundle
from bundle import BUILD, BUNDLE, HERE, PROGRAM, ROOT, VERSION, WORK

WINDOWS = BUNDLE["windows"]
NAME, COMMAND = PROGRAM["name"], PROGRAM["command"]
SETUP = BUILD / f"{NAME}-{VERSION}-setup.exe"
PORTABLE = BUILD / f"{NAME}-{VERSION}-portable.zip"
MADE = WORK / "windows"
COMPILER = "x86_64-w64-mingw32"


def main() -> None:
    python = bundle.tools()
    tree = bundle.fresh(WORK / NAME)
    program = tree / "program"
    interpreter(python, program)
    packages(python, program / "packages")
    own_source(program / "source")
    bundle.copy_resources(program / "resources", python)
    documents(program)
    launchers(python, tree)
    bundle.refuse_traces(tree)
    bundle.settle(tree)
    bundle.write_contents(tree, SETUP.with_suffix(".contents"))
    portable(tree)
    setup(tree)
    bundle.told(PORTABLE)
    bundle.told(SETUP)


def interpreter(python: Path, to: Path) -> None:
    """The Windows interpreter, without what no desk uses, looking nowhere but beside itself."""
    unpack(python, to)
    for name in WINDOWS["left_out"]:
        (to / name).unlink()
    write_paths(to, "packages", "source")


def write_paths(to: Path, *more: str) -> None:
    """Where this interpreter looks for modules."""
    stem = Path(WINDOWS["dll"]).stem
    (to / f"{stem}._pth").write_bytes("\r\n".join((f"{stem}.zip", ".", *more, "")).encode())


def unpack(python: Path, to: Path) -> None:
    """The Windows interpreter, from the one archive whose hash is in the description."""
    fetched = bundle.fresh(MADE)
    wanted = fetched / "runtime.txt"
    wanted.write_text(f"{WINDOWS['runtime']} --hash=sha256:{WINDOWS['runtime_sha256']}\n", encoding="ascii")
    bundle.run(
        python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps",
        "--no-binary", ":all:", "--dest", fetched, "--requirement", wanted,
    )  # fmt: skip
    with tarfile.open(next(fetched.glob("*.tar.gz"))) as source:
        (archive,) = [each for each in source.getmembers() if each.name.endswith(WINDOWS["runtime_archive"])]
        held = source.extractfile(archive)
        if held is None:
            raise SystemExit("The archive of the interpreter is not where the description says.")
        with zipfile.ZipFile(held) as runtime:
            runtime.extractall(fetched)  # noqa: S202 - its hash is pinned
    shutil.move(fetched / WINDOWS["runtime_folder"], to)
    if bundle.sha256(to / WINDOWS["dll"]) != WINDOWS["dll_sha256"]:
        raise SystemExit("The interpreter is not the one the description names.")


def packages(python: Path, to: Path) -> None:
    """The wheels for Windows, by the hashes of the locked list; then without what no desk uses."""
    fetch_wheels(python, to, bundle.write_lock(WORK / "windows.lock"))
    bundle.copy_licences(to, to.parent / "documents" / "licences")
    for path in list(bundle.files(to)):
        if not bundle.wanted(path.relative_to(to).as_posix()):
            path.unlink()
    compile_all(to)


def fetch_wheels(python: Path, to: Path, lock: Path) -> None:
    bundle.run(
        python, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:",
        "--link-mode", "copy", "--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11",
        "--target", to, "--requirement", lock,
    )  # fmt: skip


def own_source(to: Path) -> None:
    """The program, compiled; the steps of the migrations stay files, for Alembic reads them so."""
    steps = "casedesk/storage/migrations"
    shutil.copytree(ROOT / "src", to, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    compile_all(to)
    shutil.copytree(ROOT / "src" / steps, to / steps, ignore=shutil.ignore_patterns("__pycache__"))


def compile_all(tree: Path) -> None:
    """Bytecode in the place of the source: nothing is left to be written beside it, and half as much to copy."""
    done = compileall.compile_dir(
        tree, quiet=1, legacy=True, stripdir=tree, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    if not done:
        raise SystemExit("Something could not be compiled.")
    for source in tree.rglob("*.py"):
        source.unlink()
    for folder in sorted(tree.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def documents(program: Path) -> None:
    bundle.copy_documents(program / "documents")
    (program / "LICENSE.txt").rename(program / "documents/licences/python.txt")
    shutil.copyfile(HERE / "windows/start.py", program / "start.py")


def launchers(python: Path, tree: Path) -> None:
    """The program with its window, and the same for the command line."""
    bundle.run(python, HERE / "icon.py", MADE, PYTHONPATH="src", QT_QPA_PLATFORM="offscreen")
    (MADE / "launcher.rc").write_text(filled("launcher.rc", commas=VERSION.replace(".", ",")), encoding="utf-8")
    resource = MADE / "launcher.o"
    bundle.run(f"{COMPILER}-windres", "--include-dir", MADE, MADE / "launcher.rc", resource)
    for name, kind in ((f"{NAME}.exe", ["-mwindows"]), (f"{COMMAND}-cli.exe", ["-DCONSOLE"])):
        bundle.run(
            f"{COMPILER}-gcc", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-municode", *kind,
            "-finput-charset=UTF-8", f'-DPYTHON_DLL=L"{WINDOWS["dll"]}"', "-Wl,--no-insert-timestamp",
            "installer/windows/launcher.c", resource, "-o", tree / name,
        )  # fmt: skip


def portable(tree: Path) -> None:
    """The same folder, to be copied from a stick or started on it."""
    held = {path.relative_to(tree.parent).as_posix(): path.read_bytes() for path in bundle.files(tree)}
    bundle.write_zip(PORTABLE, held)


def setup(tree: Path) -> None:
    """The installer. The files are named one by one, since a folder is read in another order on another disk."""
    lines, before = [], None
    for path in bundle.files(tree):
        folder = path.parent.relative_to(tree).as_posix().replace("/", "\\")
        if folder != before:
            lines.append(f'  SetOutPath "$INSTDIR{"" if folder == "." else chr(92) + folder}"')
            before = folder
        lines.append(f'  File "{path}"')
    size = sum(path.stat().st_size for path in bundle.files(tree)) // 1024
    script = MADE / "setup.nsi"
    script.write_text(filled("setup.nsi", files="\n".join(lines), size=size, out=SETUP), encoding="utf-8")
    bundle.run("makensis", "-V2", "-WX", script)


def filled(name: str, **more: object) -> str:
    return bundle.filled(HERE / "windows" / f"{name}.in", **WINDOWS, **more)


if __name__ == "__main__":
    main()
