"""Words that nobody can have written by chance, a day in which they are entered, and a scan of files for them."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import random
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import zstandard

from casedesk.desk import Desk
from casedesk.reports.assemble import print_letter, print_summary
from casedesk.services.case_facts import look, show_number
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.drafts import begin_draft, save_draft
from casedesk.services.edits import as_new
from casedesk.services.history import history
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.prints import PrintRequest
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.steps import send
from casedesk.services.search import Filters, Order, page_of_cases
from tests.support.people import a_returnee

LEGAL = "legal_counselling"
ZSTD = b"\x28\xb5\x2f\xfd"
LARGEST = 16 * 1024 * 1024
DIGITS = random.Random(40)  # noqa: S311 - the same numbers each time


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
