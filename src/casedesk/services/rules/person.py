"""Documents, telephone numbers, places, and answers that do not go together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from casedesk import codelists, formats, parsing
from casedesk.codelists import Code
from casedesk.errors import Problem
from casedesk.i18n import _, ngettext
from casedesk.parsing import fold
from casedesk.services.answers import NAMES, PHONES
from casedesk.services.rules.intake import FLAGS, Found, Intake

MOST_OWNERS = 3
MATERNITY = "reproductive_health"


def v11_v12_document_number(intake: Intake) -> Found:
    """V11, V12: the numbers of identity documents have their usual form. Another form never blocks."""
    number = intake.words("identity_document.number")
    kinds = codelists.get("identity_document_type")
    kind = kinds.find(intake.words("identity_document.type"))
    if number is None or kind is None or parsing.usual_document(kind.code, number):
        return
    rule = "V12" if "letter" in kind.extra["pattern_hint"] else "V11"
    alike = [row for row in kinds if row.extra["pattern_hint"] and parsing.usual_document(row.code, number)]
    if len(alike) == 1:
        text = _("The number looks like another document: {document}. Did you mean that?")
        words = alike[0].label
        fix = Problem(text.format(document=words), rule=rule, warning=True, fix=alike[0].code, fix_text=words)
        yield "identity_document.type", fix
    else:
        yield "identity_document.number", Problem(_usual_form(kind), rule=rule, warning=True)


def _usual_form(kind: Code) -> str:
    """“Usually 2 letters and 7 digits”, said from the hint of the list."""
    counts = re.findall("[0-9]+", kind.extra["pattern_hint"])
    if "letter" in kind.extra["pattern_hint"]:
        text = ngettext(
            "{document}: the number usually has {letters} letter and {count} digits. Look at the paper again.",
            "{document}: the number usually has {letters} letters and {count} digits. Look at the paper again.",
            int(counts[0]),
        )
        return text.format(document=kind.label, letters=formats.digits(counts[0]), count=formats.digits(counts[1]))
    text = _("{document}: the number usually has {count} digits. Look at the paper again.")
    return text.format(document=kind.label, count=formats.digits(" / ".join(counts)))


def v13_phone(intake: Intake) -> Found:
    """V13: a phone number that can exist."""
    for key in PHONES:
        number = intake.words(key)
        if number is None or parsing.is_usual_phone(number):
            continue
        likely = _likely_mobile(number)
        if likely is None:
            text = _("This is not a usual phone number. A mobile number here has 11 digits and begins with 013 to 019.")
            yield key, Problem(text, rule="V13", warning=True)
        else:
            words = formats.phone(likely)
            text = _("This is not a usual phone number. Did you mean {phone}?").format(phone=words)
            yield key, Problem(text, rule="V13", warning=True, fix=likely, fix_text=words)


def _likely_mobile(number: str) -> str | None:
    """The mobile number of Bangladesh that lacks only its first 0 or its country."""
    numerals = re.sub("[^0-9]", "", parsing.latin_digits(number))
    for start in ("880", "88", ""):
        if numerals.startswith(start):
            likely = "+880" + numerals.removeprefix(start).lstrip("0")
            if likely.startswith("+8801") and parsing.is_usual_phone(likely):
                return likely
    return None


def v14_places(intake: Intake) -> Found:
    """V14: an upazila lies in its district, a district in its division. An upazila that no list knows is kept."""
    districts = codelists.get("bd_district")
    district = districts.find(intake.words("person.district"))
    if district is None:
        return
    division = intake.words("person.division")
    if division not in (None, district.extra["division_code"]):
        real = codelists.get("bd_division")[district.extra["division_code"]]
        text = _("{district} is in {division}. Did you mean that?")
        words = text.format(district=district.label, division=real.label)
        yield "person.division", Problem(words, rule="V14", fix=real.code, fix_text=real.label)
    typed = intake.words("person.upazila")
    homes = _homes().get(fold(typed), ()) if typed else ()
    if not homes or district.code in homes:
        return
    labels = ", ".join(districts.label(code) for code in homes)
    if len(homes) == 1:
        text = _("{upazila} is in {district}. Did you mean that?").format(upazila=typed, district=labels)
        yield "person.district", Problem(text, rule="V14", fix=homes[0], fix_text=labels)
    else:
        text = _("{upazila} is in {districts}. Look at the district again.").format(upazila=typed, districts=labels)
        yield "person.district", Problem(text, rule="V14")


@cache
def _homes() -> Mapping[str, Sequence[str]]:
    """The districts that have an upazila of a name, in either script."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in codelists.get("bd_upazila"):
        for name in {fold(row.en), fold(row.bn)}:
            found[name].append(row.extra["district_code"])
    return found


def v43_pregnancy_of_a_man(intake: Intake) -> Found:
    """V43: pregnancy is recorded for a man. Which of the two is wrong nobody can tell."""
    if intake.words("person.sex_gender") != "male":
        return
    for key, code_list, column in (
        (FLAGS, "safety_flag", "suggested_service"),
        ("need_item.needs", "need", "default_service_type"),
    ):
        rows = codelists.get(code_list)
        chosen = [rows[code] for code in intake.several(key)]
        for row in chosen:
            if row.extra[column] == MATERNITY:
                text = _("“{choice}” is chosen, and the person is recorded as a man. Look at both again.")
                yield key, Problem(text.format(choice=row.label), rule="V43", warning=True)


def v44_shared_phone(intake: Intake) -> Found:
    """V44: the same phone belongs to more than three people."""
    others = intake.known.phone_owners
    if intake.words("person.phone_1") is not None and others + 1 > MOST_OWNERS:
        text = _("{count} other people have this phone number. Is it their own phone?")
        yield "person.phone_1", Problem(text.format(count=formats.number(others)), rule="V44", warning=True)


def v45_name_without_letters(intake: Intake) -> Found:
    """V45: a name has letters. Lists show names as they are, so a number typed there would stand unmasked in them."""
    for key in NAMES:
        name = intake.words(key)
        if name is not None and not any(map(str.isalpha, name)):
            text = _("There is no letter in this name, and lists show it as it is. A number belongs in its own field.")
            yield key, Problem(text, rule="V45", warning=True)


def family_without_category(intake: Intake) -> Found:
    """DOMAIN 4.6: a family case has no category."""
    if not intake.returnee() and intake.words("case.category") is not None:
        yield "case.category", Problem(_("The case is for a family. Leave the category empty."))
