"""What is missing to register."""

from __future__ import annotations

from collections.abc import Mapping

from casedesk import codelists
from casedesk.errors import Problem
from casedesk.i18n import N_, _
from casedesk.services.answers import CONSENT, NAMES
from casedesk.services.rules.intake import AGE, BACK, BORN, FLAGS, LEFT, NO_FLAGS, Found, Intake
from casedesk.services.triage import suggest_from

# What is needed to register, beside consent, a name, an age and the asking for safety flags.
NEEDED: Mapping[str, str] = {
    "consent.giver": N_("Who answers about consent? Choose one."),
    "consent.method": N_("How was consent given? Choose one."),
    "person.sex_gender": N_("Choose one; “Does not wish to say” is an answer too."),
    "migration_episode.destination_country": N_("Choose the country."),
    "case.case_subject": N_("Choose whom the case is for."),
    "case.intake_place": N_("Choose where you met."),
    "case.priority": N_("Choose a priority."),
    "case.next_contact_on": N_("Set a day for the next contact."),
}
NEEDED_OF_A_RETURNEE: Mapping[str, str] = {
    LEFT: N_("When did they leave? The year is enough."),
    BACK: N_("When did they come back? The year is enough."),
    "migration_episode.manner_of_return": N_("Choose how they came back; “Not known” is an answer too."),
    "migration_episode.main_return_reason": N_("Choose the main reason; “Not known” is an answer too."),
}


def v01_name(intake: Intake) -> Found:
    """V01: a name in either script, or the name people call them by."""
    if not any(intake.words(key) for key in NAMES):
        yield "person.name_bn", Problem(_("Write a name. What others call them is enough."), rule="V01")


def v09_consent(intake: Intake) -> Found:
    """V09: they agree to the services and to keeping the data. Here only a yes is enough."""
    for scope in codelists.get("consent_scope").where("required_for_registration"):
        answer = intake.words(CONSENT + scope)
        if answer is None:
            yield CONSENT + scope, Problem(_("Read this aloud and tick the answer."), rule="V09")
        elif not codelists.get("consent_answer")[answer].yes("active"):
            text = _("They said no to this, so the case cannot be registered. Help them without keeping the data.")
            yield CONSENT + scope, Problem(text, rule="V09")


def needed(intake: Intake) -> Found:
    """DOMAIN 6: the other items marked !. In a family case the client did not travel, and often does not know
    when and why the migrant left: only the country is needed."""
    needed = {**NEEDED, **(NEEDED_OF_A_RETURNEE if intake.returnee() else {})}
    for key, text in needed.items():
        if intake.answers.get(key) is None:
            yield key, Problem(_(text))
    if intake.get(AGE, int) is None and intake.day(BORN) is None:
        yield AGE, Problem(_("Write the age or the date of birth. About is enough."))
    if not intake.several(FLAGS) and intake.get(NO_FLAGS, bool) is not True:
        yield FLAGS, Problem(_("Ask about safety. “None of these” is an answer too."))


def reason_for_the_category(intake: Intake) -> Found:
    """DOMAIN 7: another category than the suggested one needs a reason, some reasons need words."""
    category, reason = intake.words("case.category"), intake.words("case.category_reason")
    suggested = suggest_from(intake.answers, intake.known.thresholds, intake.known.rates).category
    if category is not None and suggested not in (None, category) and reason is None:
        yield "case.category_reason", Problem(_("This is not the suggested category. Choose why."))
    row = codelists.get("category_reason").find(reason)
    if row is not None and row.yes("text_required") and intake.words("case.category_reason_text") is None:
        yield "case.category_reason_text", Problem(_("Write the reason in a few words."))
