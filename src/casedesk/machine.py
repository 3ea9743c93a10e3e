"""What differs between operating systems: locks, private folders, a fresh process.

Nothing else in the program asks which system it runs on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Literal, NoReturn

Place = Literal["here", "network", "removable", "cloud"]

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "ncpfs", "ceph", "glusterfs", "davfs", "fuse.sshfs"}
_CLOUD = {"dropbox", "onedrive", "google drive", "googledrive", "nextcloud", "owncloud", "icloud drive", "mega"}
_SYSTEM_MOUNTS = {"/", "/home", "/var", "/tmp"}  # noqa: S108 - mount points to compare with, nothing is written there


def steady() -> float:
    """Seconds since the computer started: a clock that nobody can set, the same for every process, and that runs on
    while the computer sleeps, where the system has one."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def lock_file(path: Path) -> IO[bytes]:
    """Hold `path` until the handle is closed or the process ends; BlockingIOError if it is held already."""
    handle = private_file(path, "ab")
    try:
        _lock(handle.fileno())
    except OSError:
        handle.close()
        raise
    return handle


def private_file(path: Path, mode: Literal["ab", "wb"]) -> IO[bytes]:
    """Open a file that is its owner's alone from its first moment."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is its owner's alone, whole or not at all: aside, onto the disk, then in its place. OSError if
    the disk does not take it; what was there before is then as it was."""
    new = path.with_name(f"{path.name}.new")
    with private_file(new, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def private_umask() -> None:
    """Make every later file and folder of this process its owner's alone."""
    os.umask(0o077)


def private_folder(path: Path) -> None:
    """Make `path` a folder that only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32":  # there the profile's own access list holds
        path.chmod(0o700)


def sync_directory(path: Path) -> None:
    """Wait until renames in `path` are on the disk."""
    if sys.platform == "win32":  # folders cannot be synced there, and the file system orders renames itself
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def forget_cached(file: IO[bytes]) -> None:
    """Where the system can, have the next read of a file come from the disk, to see what really lies there."""
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def no_core_dumps() -> None:
    """Keep keys and names out of crash files, and other programs of this user out of our memory."""
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002)  # no critical-error box, no crash report
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)


def command(*words: str) -> list[str]:
    """The command line that starts this program: from the source, or the program that was installed."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "casedesk"]
    return [*program, *words]


def replace_process(argv: list[str]) -> NoReturn:
    """Go on as a fresh process with nothing of this one's memory.

    Where the system can, the process keeps its number, so whatever waits for it goes on waiting.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # a program without a terminal has no streams
            stream.flush()
    if sys.platform == "win32":  # exec there would end this process first and lose its exit status
        subprocess.Popen(argv, close_fds=True)  # noqa: S603 - our own command line
        os._exit(0)
    os.execv(argv[0], argv)  # noqa: S606 - our own command line, no shell


def total_memory() -> int:
    """The computer's memory in bytes."""
    if sys.platform == "win32":
        return _windows_memory()
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def another_disk(first: Path, second: Path) -> bool:
    """Whether two folders lie on different disks, so that the end of one leaves the other. In doubt they do not."""
    one, other = _disks_under(first), _disks_under(second)
    return bool(one and other) and one.isdisjoint(other)


def same_disk(first: Path, second: Path) -> bool:
    """Whether two folders surely have a disk in common."""
    return not _disks_under(first).isdisjoint(_disks_under(second))


def _disks_under(folder: Path) -> frozenset[str]:
    """The disks that keep a folder, nothing where that cannot be told; a volume can lie on several."""
    try:
        return _disks_of(folder.resolve())
    except (OSError, ValueError):
        return frozenset()


def mark_of_machine() -> bytes:
    """Something that this computer says of itself and another one does not; nothing where it says nothing."""
    if sys.platform == "win32":
        return _windows_mark()
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        with contextlib.suppress(OSError):
            return path.read_bytes().strip()
    return b""


def place_of(path: Path) -> Place:
    """Where a folder lies, as far as can be told; a folder that says nothing is taken to be here."""
    path = path.absolute()
    if any(part.lower() in _CLOUD for part in path.parts):
        return "cloud"
    if sys.platform == "win32":
        return _windows_place(path)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            return _linux_place(path.resolve())
    return "here"


if sys.platform == "win32":
    import msvcrt

    _CRYPTOGRAPHY = r"SOFTWARE\Microsoft\Cryptography"
    _NETWORK_DRIVE = 4
    _STORAGE_NUMBER = 0x2D1080  # IOCTL_STORAGE_GET_DEVICE_NUMBER

    def _lock(file: int) -> None:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error

    def _windows_memory() -> int:
        kilobytes = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024

    def _windows_mark() -> bytes:
        import winreg

        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _CRYPTOGRAPHY) as opened:
            return str(winreg.QueryValueEx(opened, "MachineGuid")[0]).encode()
        return b""

    def _disks_of(path: Path) -> frozenset[str]:
        """The number of the disk under a drive letter, or the share."""
        kernel = ctypes.windll.kernel32
        kernel.CreateFileW.restype = ctypes.c_void_p
        if kernel.GetDriveTypeW(path.anchor) == _NETWORK_DRIVE:
            return frozenset((path.anchor.lower(),))
        handle = kernel.CreateFileW("\\\\.\\" + path.drive, 0, 3, None, 3, 0, None)
        if handle in (None, ctypes.c_void_p(-1).value):
            return frozenset()
        number = (ctypes.c_ulong * 3)()  # kind of device, number of the disk, partition
        read = ctypes.c_ulong()
        told = kernel.DeviceIoControl(
            ctypes.c_void_p(handle), _STORAGE_NUMBER, None, 0, number, ctypes.sizeof(number), ctypes.byref(read), None
        )
        kernel.CloseHandle(ctypes.c_void_p(handle))
        return frozenset((f"{number[0]}:{number[1]}",)) if told else frozenset()

    def _windows_place(path: Path) -> Place:
        kinds: dict[int, Place] = {2: "removable", 4: "network"}
        return kinds.get(ctypes.windll.kernel32.GetDriveTypeW(path.anchor), "here")

else:
    import fcntl

    def _lock(file: int) -> None:
        # flock belongs to the open file, not the process: it also keeps out a second opening within one process.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _disks_of(path: Path) -> frozenset[str]:
        """The disks under a folder, not its partition; a share by its name; nothing for memory like a disk."""
        table = Path("/proc/self/mountinfo").read_text(encoding="utf-8") if sys.platform == "linux" else ""
        if not table:
            return frozenset((str(path.stat().st_dev),))
        mount, device, kind = mount_of(path, table)
        if kind in _NETWORK:
            return frozenset((mount,))
        return disks_below(Path("/sys/dev/block", device))


def disks_below(block: Path) -> frozenset[str]:
    """The disks that a block device of Linux lies on: under a partition, an encrypted one, or volumes put together."""
    if not block.exists():
        return frozenset()
    device = block.resolve()
    if (device / "partition").exists():
        device = device.parent
    below = [disks_below(each) for each in device.glob("slaves/*")]
    return frozenset[str]().union(*below) if below else frozenset((device.name,))


def _linux_place(path: Path) -> Place:
    mount, device, kind = mount_of(path, Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
    if kind in _NETWORK:
        return "network"
    if mount in _SYSTEM_MOUNTS:  # a computer that runs from such a disk has no other
        return "here"
    disk = Path("/sys/dev/block", device).resolve()
    marks = [folder / "removable" for folder in (disk, disk.parent)]
    return "removable" if any(mark.is_file() and mark.read_text().strip() == "1" for mark in marks) else "here"


def mount_of(path: Path, table: str) -> tuple[str, str, str]:
    """Mount point, device number and file system that hold `path`, from the text of mountinfo."""
    found = ("/", "", "")
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        device, mount = before.split()[2], before.split()[4].replace("\\040", " ")
        if path.is_relative_to(mount) and len(mount) >= len(found[0]):
            found = (mount, device, after.split()[0])
    return found
