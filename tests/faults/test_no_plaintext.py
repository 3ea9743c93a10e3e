"""After a day's work no planted name can be read in any file, in any spelling a scan would try."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import logging
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import indent
from uuid import UUID

import pytest
import zstandard

from casedesk import codelists, logs
from casedesk.desk import Desk
from casedesk.errors import StorageFull
from casedesk.reports.assemble import print_letter, print_summary
from casedesk.reports.hand_out import FileKind, save_register
from casedesk.services import backups, restores
from casedesk.services.case_register import Register
from casedesk.services.cases import case_facts, edit_case, look, show_number
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.drafts import begin_draft, save_draft
from casedesk.services.edits import as_new
from casedesk.services.history import history
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.office import sign_in
from casedesk.services.prints import CODED, PrintRequest
from casedesk.services.problem_report import problem_report
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.steps import send
from casedesk.services.search import Filters, Order, page_of_cases
from casedesk.storage.checking import check
from casedesk.storage.vault import VAULT
from casedesk.sync import outbox
from casedesk.sync.batch import Refused, unseal
from casedesk.sync.files import INBOX, OUTBOX, on_a_stick
from casedesk.sync.stick import take_stick, write_stick
from casedesk.sync.visit import visit
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.sync.office import as_role, begin, join, new_desk, relay_of_office, standing_of

LEGAL = "legal_counselling"
ZSTD = b"\x28\xb5\x2f\xfd"
LARGEST = 16 * 1024 * 1024
TO_THE_DISTRICT = Register(profile="shared", receiver="District office", reason="Review of the year")
MARKERS_SENT = "name after an edit"
DIGITS = random.Random(40)  # noqa: S311 - the same numbers each time
LONG = random.Random(41)  # noqa: S311 - words that cannot be packed small


def phone() -> str:
    return "+88017" + "".join(str(DIGITS.randrange(10)) for _digit in range(8))


MARKERS = {
    "name": "Qudratunnesa Zvornik",
    "name in Bangla": "কুদরতুন্নেসা জভরনিক",
    "name after an edit": "Wubdexhira Blonskaya",
    "phone": phone(),
    "document number": "QX7719304",
    "narrative": "xylographic account of a locked door",
    "narrative in Bangla": "দরজায় তালা দেওয়া ছিল বলে সে জানায়",
    "note": "glockenspiel remark about her brother",
    "request to a partner": "vexillology counsel for the unpaid months",
    "draft": "Nimbostratus Draftperson",
    "draft phone": phone(),
    "address": "Hinterland Lane Zeugma",
    "reason": "zymurgical reason for the copy",
    "search": "Thaumaturge Nobody",
}


def spellings(marker: str) -> dict[str, bytes]:
    """The marker as a file could hold it."""
    found: dict[str, bytes] = {}
    for coding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = marker.encode(coding)
        found[coding] = raw
        found[f"{coding} in hex"] = raw.hex().encode()
        found[f"{coding} in capital hex"] = raw.hex().upper().encode()
        for shift in range(3):  # base64 looks different at each of three places
            coded = base64.b64encode(bytes(shift) + raw)
            start, end = (0, 2, 3)[shift], len(coded) - 4
            found[f"{coding} in base64, {shift}"] = coded[start:end].rstrip(b"=")
    found["JSON"] = json.dumps(marker).strip('"').encode()
    found["backwards"] = marker.encode()[::-1]
    return found


def layers(content: bytes) -> Iterator[bytes]:
    """The bytes as they are, and all that anybody without a key gets by unpacking: archives, streams of PDFs, zstd."""
    yield content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from layers(archive.read(name))
    for raw in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL) if content[:5] == b"%PDF-" else ():
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(raw)
    for at in (each.start() for each in re.finditer(re.escape(ZSTD), content)):
        with contextlib.suppress(zstandard.ZstdError):
            yield zstandard.ZstdDecompressor().decompress(content[at:], max_output_size=LARGEST)
    if content[:2] == b"\x1f\x8b":
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield from layers(gzip.decompress(content))


def readable(*folders: Path) -> list[str]:
    """Which marker can be read in which file, and how it is spelled there."""
    wanted = [(name, how, raw) for name, marker in MARKERS.items() for how, raw in spellings(marker).items()]
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            names = os.fsencode(path.name)
            for content in layers(path.read_bytes()) if path.is_file() else ():
                found += [f"{path.name}: {name} as {how}" for name, how, raw in wanted if raw in content + names]
    return found


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where libraries put their temporary files during the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def work_a_day(desk: Desk) -> None:
    """Register, edit, write, refer, print, search, and leave a draft."""
    said = {
        "person__name_en": MARKERS["name"],
        "person__name_bn": MARKERS["name in Bangla"],
        "person__phone_1": MARKERS["phone"],
        "person__village_or_street": MARKERS["address"],
        "identity_document__type": "mrp_passport",
        "identity_document__number": MARKERS["document number"],
        "incident__narrative": MARKERS["narrative"] + "\n" + MARKERS["narrative in Bangla"],
    }
    draft = begin_draft(desk, "full", {"person.name_en": MARKERS["draft"]})
    case_id = register_case(desk, a_returnee(**said, incident__violations=["wages_not_paid"]))
    edit_case(desk, case_id, {"person.name_en": (MARKERS["name"], MARKERS["name after an edit"])})
    add_note(desk, case_id, "general", MARKERS["note"])
    record_consent(desk, case_id, RecordConsent({"share_legal": "given"}, method="verbal"))
    services = [ServiceEdit(as_new({"service": LEGAL, "capacity": 3}))]
    partner = save_provider(desk, None, as_new({"name_en": "Legal aid", "type": "ngo_cso"}), services)
    referral = make_referral(
        desk, MakeReferral(case_id, LEGAL, partner, request=MARKERS["request to a partner"], needed_by=date(2026, 6, 1))
    )
    send(desk, referral, "paper")
    for language in ("en", "bn"):
        request = PrintRequest(level="full", language=language, reason=MARKERS["reason"])
        (paper,) = print_summary(desk, case_id, request, "print")
        assert paper.startswith(b"%PDF")
        assert print_letter(desk, referral, request, "print")
    for words in (MARKERS["search"], MARKERS["name"], MARKERS["phone"]):
        page_of_cases(desk, Filters(words=words), Order.NAME)
    look(desk, case_id)
    show_number(desk, case_id)
    assert MARKERS["narrative"] in repr(history(desk, case_id))
    save_draft(desk, draft, {"person.name_en": MARKERS["draft"], "person.phone_1": MARKERS["draft phone"]})


def fail_loudly(desk: Desk) -> None:
    """Errors with people in them, logged as the program logs them."""
    log = logging.getLogger("casedesk.day")
    try:
        register_case(desk, {"person.name_en": MARKERS["name"], "no_such.key": MARKERS["phone"]})
    except KeyError as error:
        log.error("cannot register %s", MARKERS["name"], exc_info=error)
    with desk.store.vault.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    try:
        register_case(desk, a_returnee(person__name_en=MARKERS["name"], incident__narrative=MARKERS["narrative"] * 300))
    except StorageFull as error:
        log.error("full", exc_info=error)


def test_a_scan_finds_what_is_not_hidden(tmp_path: Path) -> None:
    for number, raw in enumerate(spellings(MARKERS["name"]).values()):
        (tmp_path / str(number)).write_bytes(b"\x00before " + raw + b" after")
    assert {line.split(":")[0] for line in readable(tmp_path)} == {path.name for path in tmp_path.iterdir()}
    longer = base64.b64encode(b"{" + MARKERS["name"].encode() + b"}")
    (tmp_path / "inside").write_bytes(longer)
    assert any(line.startswith("inside") for line in readable(tmp_path))


def test_no_planted_name_is_readable_in_any_file_after_a_day(
    open_desk: Callable[..., Desk], temporary: Path, tmp_path: Path
) -> None:
    desk = open_desk()
    folder = desk.store.vault.folder
    with logs.kept(folder):
        work_a_day(desk)
        fail_loudly(desk)
    assert (folder / f"{VAULT}-wal").stat().st_size > 0
    assert any(folder.glob("*.log")), "something was logged"
    as_it_lay = tmp_path / "as it lay"
    shutil.copytree(folder, as_it_lay)
    desk.store.vault.close()
    assert readable(folder, temporary, as_it_lay) == []
    again = open_desk()
    assert check(again.store).wrong == []


def hand_on(desk: Desk, other: Desk, stick: Path, asked: Path) -> None:
    """Back up, copy, exchange by a stick both ways, and write the files that a user asks for into `asked`."""
    for each in (stick, asked):
        each.mkdir()
    backups.make_backup(desk)
    backups.copy_backup(desk, stick, same_disk=True)
    save_register(desk, TO_THE_DISTRICT, FileKind.XLSX, asked / "names.xlsx")
    save_register(desk, replace(TO_THE_DISTRICT, profile=CODED), FileKind.XLSX, asked / "coded.xlsx")
    (asked / "report.txt").write_text(problem_report(desk, {}), encoding="utf-8")
    outbox.make_files(desk, desk.centre)
    write_stick(desk, stick)
    take_stick(other, stick)
    outbox.make_files(other, other.centre)
    write_stick(other, stick)
    take_stick(desk, stick)
    restores.restore_over(desk, newest(desk), MARKERS["reason"])


def newest(desk: Desk) -> Path:
    found = backups.newest_backup(desk.store.vault.folder)
    assert found is not None
    return found


def everybody(desk: Desk) -> Desk:
    """The desk of somebody who holds every role, as where one person is the whole centre."""
    return as_role(desk, *(role.code for role in codelists.get("user_role")))


@pytest.mark.usefixtures("temporary")
def test_what_is_backed_up_exported_and_exchanged_is_readable_only_where_it_was_asked_for(tmp_path: Path) -> None:
    desk, other = (everybody(new_desk(tmp_path / code, code)) for code in ("K3", "K4"))
    begin(desk, tmp_path)
    join(desk, other)
    stick, asked = tmp_path / "stick", tmp_path / "asked"
    with logs.kept(desk.store.vault.folder):
        work_a_day(desk)
        hand_on(desk, other, stick, asked)
        fail_loudly(desk)
    as_it_lay = [shutil.copytree(tmp_path / code, tmp_path / f"{code} as it lay") for code in ("K3", "K4")]
    folders = [tmp_path / name for name in ("K3", "K4", "K3.restored", "stick", "temporary")]
    assert all(any(folder.rglob("*")) for folder in folders[:4])
    assert readable(*folders, *as_it_lay) == []
    found = readable(asked)
    assert {line.partition(":")[0] for line in found} == {"names.xlsx"}, "found inside the archive, and nowhere else"
    opened = tmp_path / "opened"
    opened.mkdir()
    for name in on_a_stick(stick).names():
        with contextlib.suppress(Refused):  # those for the other way
            (opened / name).write_bytes(unseal(on_a_stick(stick).read(name), standing_of(other).identities))
    assert any(f"{MARKERS_SENT} as" in line for line in readable(opened)), "with the key, unpacked, it is there"
    for each in (desk, other):
        each.store.vault.close()


def test_a_scan_finds_what_is_packed(tmp_path: Path) -> None:
    raw = MARKERS["name"].encode()
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", raw)
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7\nstream\n" + zlib.compress(raw) + b"\nendstream")
    (tmp_path / "body").write_bytes(b"head" + zstandard.ZstdCompressor().compress(raw) + b"padding")
    (tmp_path / "log.gz").write_bytes(gzip.compress(raw))
    (tmp_path / f"{MARKERS['name']}.txt").write_bytes(b"")
    assert {line.split(":")[0] for line in readable(tmp_path)} == {path.name for path in tmp_path.iterdir()}


DAY_AND_DEATH = """
work_a_day(desk)
make_backup(desk)
fail_loudly(desk)
die()
"""
# A visit to the relay that dies when half of a file is there, and one that dies with a person who came half written.
VISIT_AND_DEATH = """
class Dying(Progress):
    def step(self, done, of):
        if of / 2 < done < of and half_there(Path(sys.argv[2])):
            die()
visit(everybody(desk), Dying())
"""
TAKING_IN_AND_DEATH = """
def came(*said):
    if said[2].startswith("INSERT INTO person "):
        die()
event.listen(desk.store.vault.writer, "after_cursor_execute", came)
visit(everybody(desk))
"""


def killed(program: str, folder: Path, there: Path | None = None) -> None:
    """Sign in at this vault in a process of its own, which works and then kills itself; it says no name."""
    begin = f"""
import os, sys
from pathlib import Path
from datetime import datetime
from sqlalchemy import event
from casedesk import logs
from casedesk.progress import Progress
from casedesk.services.backups import make_backup
from casedesk.services.office import sign_in
from casedesk.sync.visit import visit
from tests.faults.test_no_plaintext import everybody, fail_loudly, half_there, work_a_day
folder = Path(sys.argv[1])
def die():
    os.kill(os.getpid(), 9) if os.name != "nt" else os._exit(9)
with logs.kept(folder):
    desk = sign_in(folder, "farzana", {PASSPHRASE!r}, lambda: datetime.fromisoformat({NOW.isoformat()!r}))
"""
    run = subprocess.run(
        [sys.executable, "-c", begin + indent(program, "    "), str(folder), str(there)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.returncode in (-9, 9), run.stderr
    assert run.stdout == ""
    assert not any(marker in run.stderr for marker in MARKERS.values())


def test_no_planted_name_is_readable_after_the_process_is_killed(store_folder: Path, temporary: Path) -> None:
    killed(DAY_AND_DEATH, store_folder)
    assert readable(store_folder, temporary) == []


def test_no_planted_name_is_readable_at_the_relay_or_on_the_way_there_whoever_is_killed(
    tmp_path: Path, temporary: Path
) -> None:
    desk, other = (everybody(new_desk(tmp_path / code, code)) for code in ("K3", "K4"))
    begin(desk, tmp_path)
    folders = {each: tmp_path / each for each in ("K3", "K4", "relay")}
    with relay_of_office(desk, folders["relay"]):
        join(desk, other)
        work_a_day(desk)
        for _note in range(8):  # so much that the file goes in many pieces
            add_note(desk, only_case(desk), "general", LONG.randbytes(6_000).hex())
        for each in (desk, other):
            each.store.vault.close()
        killed(VISIT_AND_DEATH, folders["K3"], folders["relay"])
        assert half_there(folders["relay"])
        assert readable(*folders.values(), temporary) == []
        visit(everybody(desk := open_again(folders["K3"])))
        killed(VISIT_AND_DEATH, folders["K4"], folders["K4"] / INBOX)
        assert half_there(folders["K4"] / INBOX)
        killed(TAKING_IN_AND_DEATH, folders["K4"])
        assert any((folders["K4"] / INBOX).iterdir())
        assert any((folders["K3"] / OUTBOX).iterdir())
        assert readable(*folders.values(), temporary) == []
        visit(everybody(other := open_again(folders["K4"])))
        assert case_facts(other, only_case(other)).answers["person.name_en"] == MARKERS[MARKERS_SENT]
        assert readable(*folders.values(), temporary) == []
    for each in (desk, other):
        each.store.vault.close()


def only_case(desk: Desk) -> UUID:
    (row,) = page_of_cases(desk, Filters(), Order.NAME)
    return row.case_id


def half_there(folder: Path) -> bool:
    """Whether part of a file lies there; a relay needs a moment to write what it hears."""
    until = time.monotonic() + 20
    while not (found := any(path.stat().st_size for path in folder.rglob("*.part"))) and time.monotonic() < until:
        pass
    return found


def open_again(folder: Path) -> Desk:
    return sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
