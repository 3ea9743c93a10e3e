"""What the system itself tells: it goes to sleep, the lid closes, its screen locks, another user takes over.

Linux says so over D-Bus (logind for sleep, lid and session, the screen savers for the screen). Windows sends messages
to windows. Where neither does, `idle.Watch` notices the sleep afterwards by the jump of the steady clock.
"""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from ctypes import wintypes
from typing import Final

from PySide6.QtCore import SLOT, QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

SLEEP, LOCKED = "sleep", "system"  # why the window locks

LOGIND, SESSION = "org.freedesktop.login1", "org.freedesktop.login1.Session"
# whoever owns which name, interface, signal, and the slot that takes it; on any path
Heard = tuple[str, str, str, str]
SYSTEM_BUS: Final[Sequence[Heard]] = (
    (LOGIND, "org.freedesktop.login1.Manager", "PrepareForSleep", "sleeping(bool)"),
    (LOGIND, SESSION, "Lock", "screen_locked()"),
)
SESSION_BUS: Final[Sequence[Heard]] = tuple(
    (f"org.{desktop}.ScreenSaver", f"org.{desktop}.ScreenSaver", "ActiveChanged", "screen_saved(bool)")
    for desktop in ("freedesktop", "gnome", "cinnamon", "mate", "xfce")
)

# What Windows calls its messages and their reasons
WM_POWERBROADCAST, PBT_APMSUSPEND = 0x0218, 0x0004
WM_WTSSESSION_CHANGE, WTS_LEAVING = 0x02B1, frozenset({0x2, 0x4, 0x6, 0x7})  # disconnected here or afar, left, locked


class SystemLock(QObject):
    """`told` says why to lock, as soon as the system tells."""

    told = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages: _WindowsMessages | None = None

    def listen(self, window: QWidget) -> None:
        """Hear the system that runs us, on behalf of this window."""
        if sys.platform == "win32":
            self._messages = _WindowsMessages(self, window)
        elif sys.platform == "linux":
            self._hear_buses()

    def _hear_buses(self) -> None:
        from PySide6.QtDBus import QDBusConnection  # not part of Qt everywhere

        for bus, heard in (
            (QDBusConnection.systemBus(), SYSTEM_BUS),
            (QDBusConnection.sessionBus(), SESSION_BUS),
        ):
            if bus.isConnected():
                for service, interface, signal, slot in heard:
                    bus.connect(service, "", interface, signal, self, SLOT(slot))  # type: ignore[call-overload]  # it takes text, not bytes as its stub says
        changed = ("org.freedesktop.DBus.Properties", "PropertiesChanged", self, SLOT("changed(QString,QVariantMap)"))
        if (bus := QDBusConnection.systemBus()).isConnected():
            bus.connect(LOGIND, our_session(), *changed)  # type: ignore[call-overload]  # as above

    @Slot(bool)
    def sleeping(self, begins: bool) -> None:
        if begins:
            self.told.emit(SLEEP)

    @Slot()
    def screen_locked(self) -> None:
        self.told.emit(LOCKED)

    @Slot(str, "QVariantMap")
    def changed(self, of: str, what: dict[str, object]) -> None:
        if of == SESSION and (what.get("Active") is False or what.get("LockedHint") is True):
            self.told.emit(LOCKED)

    @Slot(bool)
    def screen_saved(self, begins: bool) -> None:
        if begins:
            self.told.emit(LOCKED)


def our_session() -> str:
    """The path of the session in which we run; without a word of it that of any, since a lock too many harms nobody."""
    name = os.environ.get("XDG_SESSION_ID", "")
    if not name.isalnum():
        return ""
    return f"/org/freedesktop/login1/session/{f'_{ord(name[0]):x}{name[1:]}' if name[0].isdigit() else name}"


def why_of_windows(message: int, about: int) -> str:
    """Why to lock on a message of Windows; nothing for any other."""
    if message == WM_POWERBROADCAST and about == PBT_APMSUSPEND:
        return SLEEP
    return LOCKED if message == WM_WTSSESSION_CHANGE and about in WTS_LEAVING else ""


class _WindowsMessages(QAbstractNativeEventFilter):
    """Reads the messages that Windows sends to our windows, and asks it to tell of the session."""

    def __init__(self, lock: SystemLock, window: QWidget) -> None:
        super().__init__()
        self._lock = lock
        application = QCoreApplication.instance()
        if application is not None:
            application.installNativeEventFilter(self)
        ctypes.CDLL("wtsapi32").WTSRegisterSessionNotification(wintypes.HWND(int(window.winId())), 0)

    def nativeEventFilter(self, _kind: QByteArray | bytes | bytearray | memoryview, message: int) -> object:
        told = wintypes.MSG.from_address(int(message))
        if why := why_of_windows(told.message, told.wParam):
            self._lock.told.emit(why)
        return False, 0
