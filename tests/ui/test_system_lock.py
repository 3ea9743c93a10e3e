"""The system goes to sleep or locks its screen, and the window locks with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from casedesk.ui import system_lock
from casedesk.ui.system_lock import SystemLock, why_of_windows
from tests.conftest import PASSPHRASE
from tests.support.sitting import Sitting
from tests.support.tools import tool

SENDER = """
import json, sys
from PySide6.QtCore import QCoreApplication
from PySide6.QtDBus import QDBusConnection, QDBusMessage
app = QCoreApplication([])
address, service, path, interface, signal, *values = sys.argv[1:]
bus = QDBusConnection.connectToBus(address, "sender")
assert bus.registerService(service)
message = QDBusMessage.createSignal(path, interface, signal)
message.setArguments([json.loads(value) for value in values])
assert bus.send(message)
bus.call(QDBusMessage.createMethodCall("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId"))
"""


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    """A bus of our own, which stands for that of the system and that of the session."""
    if sys.platform != "linux":
        pytest.skip("D-Bus is of Linux")
    daemon = subprocess.Popen(
        [tool("dbus-daemon"), "--session", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert daemon.stdout is not None
    yield daemon.stdout.readline().strip()
    daemon.stdout.close()
    daemon.terminate()
    daemon.wait(20)


LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep")
SESSION = ("org.freedesktop.login1", "/org/freedesktop/login1/session/_32", "org.freedesktop.login1.Session", "Lock")
SAVERS = [
    (f"org.{desktop}.ScreenSaver", path, f"org.{desktop}.ScreenSaver", "ActiveChanged", "true")
    for desktop, path in (
        ("freedesktop", "/ScreenSaver"),
        ("gnome", "/org/gnome/ScreenSaver"),
        ("cinnamon", "/org/cinnamon/ScreenSaver"),
        ("mate", "/org/mate/ScreenSaver"),
        ("xfce", "/org/xfce/ScreenSaver"),
    )
]


def session_changed(session: str, **properties: bool) -> tuple[str, ...]:
    path = f"/org/freedesktop/login1/session/{session}"
    changed = ("org.freedesktop.DBus.Properties", "PropertiesChanged")
    return ("org.freedesktop.login1", path, *changed, json.dumps(SESSION[2]), json.dumps(properties), '["IdleHint"]')


def test_sleep_and_locked_screens_are_heard_over_the_bus(
    bus: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtDBus import QDBusConnection

    ours = QDBusConnection.connectToBus(bus, "casedesk-test")
    assert ours.isConnected()
    monkeypatch.setenv("XDG_SESSION_ID", "2")
    monkeypatch.setattr(QDBusConnection, "systemBus", staticmethod(lambda: ours))
    monkeypatch.setattr(QDBusConnection, "sessionBus", staticmethod(lambda: ours))
    lock, window = SystemLock(), QWidget()
    qtbot.addWidget(window)
    told: list[str] = []
    lock.told.connect(told.append)
    lock.listen(window)
    for signal, why in (
        ((*LOGIND, "true"), system_lock.SLEEP),
        (SESSION, system_lock.LOCKED),
        *((saver, system_lock.LOCKED) for saver in SAVERS),
        (session_changed("_32", Active=False), system_lock.LOCKED),
        (session_changed("_32", LockedHint=True), system_lock.LOCKED),
    ):
        subprocess.run([sys.executable, "-c", SENDER, bus, *signal], check=True, timeout=60)
        qtbot.waitUntil(lambda: bool(told), timeout=10_000)
        assert told == [why]
        told.clear()
    for no_reason in (
        (*LOGIND, "false"),  # it wakes up
        session_changed("_32", Active=True),
        session_changed("_37", Active=False),  # of somebody else
        (*LOGIND, "true"),
    ):
        subprocess.run([sys.executable, "-c", SENDER, bus, *no_reason], check=True, timeout=60)
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told == [system_lock.SLEEP], "of the last one alone"


@pytest.mark.parametrize(
    ("name", "path"),
    [("2", "session/_32"), ("31", "session/_331"), ("c1", "session/c1"), ("", ""), ("../1", "")],
)
def test_our_session_is_named_as_logind_names_it(name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_ID", name)
    assert system_lock.our_session() == (path and f"/org/freedesktop/login1/{path}")


@pytest.mark.parametrize(
    ("message", "about", "why"),
    [
        (0x0218, 4, system_lock.SLEEP),  # the computer is suspended
        (0x0218, 18, ""),  # it is back
        (0x02B1, 7, system_lock.LOCKED),  # the session is locked
        (0x02B1, 2, system_lock.LOCKED),  # another user took over
        (0x02B1, 8, ""),  # it is unlocked
        (0x0010, 4, ""),
    ],
)
def test_what_windows_says_and_what_it_means(message: int, about: int, why: str) -> None:
    assert why_of_windows(message, about) == why


def test_the_window_locks_as_soon_as_the_system_does(qtbot: QtBot, store_folder: Path) -> None:
    sitting = Sitting(qtbot, store_folder)
    window = sitting.enter("farzana", PASSPHRASE)
    opened = window.desk.store.vault
    window.system_lock.screen_locked()
    assert not window.isVisible()
    assert not any(opened._data_key)
    assert sitting.after_lock().sign_in.isVisible()
    sitting.end()
