"""Six invented people who came home: what is typed for each, and what has to come of it.

What is typed stands under the key of its question, in the order in which it is asked. A letter answers a question
with four answers or a purpose of consent; ticks and lists are tuples; everything else is typed as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TICK = ("",)  # the only tick of a question
Answers = Mapping[str, str | tuple[str, ...]]

NO_TO_ALL = {
    f"triage.{question}": "N"
    for question in (
        "t01_pay_problem",
        "t02_job_different",
        "t03_papers_held",
        "t04_hours_conditions",
        "t05_not_free",
        "t06_violence_threat",
        "t07_sexual",
        "t08_sold_forced",
        "t09_was_child",
        "t10_cheated_recruiter",
        "t11_early_not_choice",
        "t12_cost_recovered",
        "t13_debt_hard",
        "t14_own_decision",
        "t15_means_to_live",
    )
}
AGREED = {"consent_line.case_services": "Y", "consent_line.store_data": "Y"}


def triage(**others: str) -> dict[str, str | tuple[str, ...]]:
    """All fifteen questions: no, except where a letter says otherwise (`t01="Y"`)."""
    return {key: others.get(key.removeprefix("triage.")[:3], said) for key, said in NO_TO_ALL.items()}


@dataclass(frozen=True, slots=True)
class Partner:
    """An invented organisation of the directory."""

    name_en: str
    name_bn: str
    type: str
    district: str
    service: str
    trusted: bool = False  # with what is restricted


@dataclass(frozen=True, slots=True)
class Referring:
    """Which need leads to which partner; what is ticked beyond the usual; the answer to consent if it is missing."""

    need: str
    partner: Partner
    also: tuple[str, ...] = ()
    asked_now: bool = False
    giver: str = ""
    language: str = "en"
    handed_over: bool = True


@dataclass(frozen=True, slots=True)
class Returnee:
    """One person. `parts` are the visits to the parts of an intake; `quick` is filled in first where there is one.

    `suggested` and `why` are the result and the rules that the answers lead to; `decided` is the category, with
    its reason where it is another one. `found_by` is typed to find them again, in the other script than `shown_as`.
    `secret` must not stand on a paper for others, `told` has to stand on the full one.
    """

    code: str
    name_bn: str
    name_en: str
    parts: tuple[tuple[str, Answers], ...]
    suggested: str
    why: tuple[str, ...]
    decided: str | None
    found_by: str
    secret: tuple[str, ...]
    told: tuple[str, ...]
    quick: Answers = field(default_factory=dict)
    decide_otherwise: Answers = field(default_factory=dict)
    priority: str = "medium"
    hidden_name: bool = False
    referring: Referring | None = None
    sensitive_told: bool = True

    def names(self) -> tuple[str, str]:
        return self.name_bn, self.name_en


LEGAL_AID = Partner(
    "Nyay Legal Aid Unit", "ন্যায় আইন সহায়তা ইউনিট", "legal_aid_body", "dhaka", "wage_claim_support", trusted=True
)
SKILLS = Partner("Karnaphuli Training Centre", "কর্ণফুলী প্রশিক্ষণ কেন্দ্র", "ttc", "chattogram", "rpl_assessment")
BANK = Partner("Migrants’ Bank, Motijheel", "প্রবাসী ব্যাংক, মতিঝিল", "pkb", "dhaka", "loan_linkage_pkb")
CHILD_DESK = Partner("Shaishab Child Desk", "শৈশব শিশু ডেস্ক", "ngo_cso", "dhaka", "child_protection", trusted=True)
WELFARE = Partner("Welfare Board, Cumilla", "কল্যাণ বোর্ড, কুমিল্লা", "wewb", "cumilla", "wewb_death_benefit")
PARTNERS = (LEGAL_AID, SKILLS, BANK, CHILD_DESK, WELFARE)

DOMESTIC_WORKER = Returnee(
    code="domestic-worker",
    name_bn="মর্জিনা বেগম তালুকদার",
    name_en="Morzina Begum Talukder",
    parts=(
        (
            "consent",
            {
                **AGREED,
                "consent.method": "Thumbprint",
                "safety_flag.flags": ("No money to travel home",),
                "consent_line.sensitive_data": "Y",
                "consent_line.share_legal": "Y",
                "consent_line.media": "N",
            },
        ),
        (
            "person",
            {
                "person.name_bn": "মর্জিনা বেগম তালুকদার",
                "person.name_en": "Morzina Begum Talukder",
                "person.sex_gender": "Female",
                "person.age_stated": "৩১",
                "person.phone_1": "০১৭১১০০০৯৩১",
                "person.safe_contact_rule": ("Daytime only", "Do not name the centre"),
                "person.safe_contact_note": "ভাশুর ফোন ধরলে কিছু বলা যাবে না",
                "person.district": "Madaripur",
                "person.upazila": "Shibchar",
                "person.village_or_street": "কুতুবপুর চর",
                "identity_document.type": "E-passport",
                "identity_document.number": "B09318842",
                "identity_document.held_by": "The employer",
                "person.can_read": "N",
                "person.contact_person_name": "Ambia Talukder",
                "person.contact_person_relationship": "Sister",
                "person.contact_person_phone": "01811000932",
            },
        ),
        (
            "journey",
            {
                "migration_episode.destination_country": "Saudi Arabia",
                "migration_episode.city_abroad": "Dammam",
                "migration_episode.departed_on": "12/2/2024",
                "migration_episode.returned_on": "April 2026",
                "migration_episode.occupation_abroad": "Domestic cleaner or helper",
                "migration_episode.visa_type": "Domestic worker visa",
                "migration_episode.manner_of_return": "Repatriated with help of a Bangladesh mission",
                "migration_episode.main_return_reason": "Wages not paid",
                "recruiter.type": "Sub-agent or broker (dalal)",
                "recruiter.name": "Shibchar Overseas",
                "cost_item.amount": "85,000",
                "debt.outstanding": "৪০,০০০",
                "promised.wage": "1000",
                "actual.wage": "600",
                "wages.months_unpaid": "5",
                "migration_episode.wages_owed": "5000",
            },
        ),
        (
            "happened",
            {
                **triage(t01="Y", t03="Y", t11="Y", t13="Y"),
                "incident.violations": ("wages_not_paid", "passport_withheld"),
                "incident.narrative": "পাঁচ মাস বেতন দেয়নি। পাসপোর্ট চাইলে মালিক বলত, কাজ শেষ হলে পাবে।",
                "incident.still_going_on": "Y",
            },
        ),
        (
            "needs",
            {
                "need_item.needs": ("Recover unpaid wages", "Identity papers or certificates"),
                "needs_assessment.client_wishes": "আমার পাওনা টাকা আর পাসপোর্টটা ফেরত চাই।",
            },
        ),
    ),
    suggested="returned_victim",
    why=("Two or more different kinds of labour-rights violation are reported.",),
    decided="returned_victim",
    found_by="morzi",
    secret=("Shibchar", "কুতুবপুর", "000931", "০০০৯৩১", "Ambia", "000932", "ভাশুর", "Madaripur", "মাদারীপুর"),
    told=("Morzina Begum Talukder", "মর্জিনা বেগম তালুকদার", "কুতুবপুর চর", "Ambia Talukder", "পাঁচ মাস বেতন"),
    priority="high",
    referring=Referring(
        "Recover unpaid wages",
        LEGAL_AID,
        also=("Journey and work", "Wages and money", "What happened, in headings"),
    ),
)

SHIPS_SUPERVISOR = Returnee(
    code="ships-supervisor",
    name_bn="জসিম উদ্দিন তরফদার",
    name_en="Jashim Uddin Tarafdar",
    parts=(
        ("consent", {**AGREED, "consent.method": "Signature", "safety_flag.none": TICK}),
        (
            "person",
            {
                "person.name_bn": "জসিম উদ্দিন তরফদার",
                "person.name_en": "Jashim Uddin Tarafdar",
                "person.sex_gender": "Male",
                "person.age_stated": "44",
                "person.phone_1": "01911000441",
                "person.safe_contact_rule": ("Safe at any time",),
                "person.district": "Chattogram",
                "person.upazila": "Sitakunda",
                "identity_document.type": "Seafarer's book (CDC)",
                "identity_document.number": "CO-44718",
                "person.languages": ("Bangla", "English"),
            },
        ),
        (
            "journey",
            {
                "migration_episode.destination_country": "Singapore",
                "migration_episode.departed_on": "2012",
                "migration_episode.returned_on": "3 March 2026",
                "migration_episode.occupation_abroad": "Ship's deck crew",
                "migration_episode.visa_type": "Seafarer",
                "migration_episode.manner_of_return": "Own decision, own arrangement",
                "migration_episode.main_return_reason": "Contract finished",
                "cost_item.amount": "3,20,000",
            },
        ),
        ("happened", triage(t12="Y", t14="Y")),
        (
            "needs",
            {
                "need_item.needs": ("Certificate for skills gained (RPL)", "Job at home"),
                "needs_assessment.client_wishes": "১৪ বছর জাহাজে লোক চালিয়েছি, এখন দেশে সেই কাজ চাই।",
            },
        ),
    ),
    suggested="returned_success",
    why=("The person came back by own decision, earned back the cost and has no heavy debt.",),
    decided="returned_unsuccessful",
    decide_otherwise={
        "case.category": "Returned unsuccessful",
        "case.category_reason": "Client sees it differently",
    },
    found_by="তরফ",
    secret=("Sitakunda", "000441", "Chattogram", "চট্টগ্রাম"),
    told=("Jashim Uddin Tarafdar", "Sitakunda", "১৪ বছর জাহাজে"),
    referring=Referring(
        "Certificate for skills gained (RPL)",
        SKILLS,
        also=("Journey and work", "What the person wants, in their own words"),
        asked_now=True,
    ),
)

DETAINED = Returnee(
    code="detained",
    name_bn="রুবেল মৃধা",
    name_en="Rubel Mridha",
    quick={
        **AGREED,
        "consent.method": "Spoken, with a witness",
        "person.name_bn": "রুবেল মৃধা",
        "person.name_en": "Rubel Mridha",
        "person.sex_gender": "Male",
        "person.age_stated": "২৭",
        "person.district": "Shariatpur",
        "migration_episode.destination_country": "Malaysia",
        "migration_episode.departed_on": "about 2022",
        "migration_episode.returned_on": "২৮/৪/২০২৬",
        "migration_episode.manner_of_return": "Detained, then deported",
        "migration_episode.main_return_reason": "Irregular status",
        "safety_flag.flags": ("No money to travel home", "No food"),
    },
    parts=(
        (
            "journey",
            {
                "migration_episode.visa_type": "Visit or tourist visa",
                "migration_episode.travel_document_on_return": "Outpass (travel permit)",
                "recruiter_involvement.amount_lost": "4,50,000",
            },
        ),
        (
            "happened",
            {
                **triage(t07="D", t11="Y", t13="Y"),
                "incident.violations": ("arbitrary_detention",),
                "incident.told_by": "Papers seen",
            },
        ),
        ("needs", {"need_item.needs": ("Travel home", "Help with debt", "Job at home")}),
    ),
    suggested="returned_unsuccessful",
    why=("The return was forced, or caused by a crisis or illness.",),
    decided="returned_unsuccessful",
    found_by="mrid",
    secret=("Shariatpur", "শরীয়তপুর"),
    told=("Rubel Mridha", "রুবেল মৃধা", "Shariatpur"),
    priority="high",
    sensitive_told=False,
)

INVESTOR = Returnee(
    code="investor",
    name_bn="হাসিবুর রহমান সরকার",
    name_en="Hasibur Rahman Sarkar",
    parts=(
        (
            "consent",
            {**AGREED, "consent.method": "Signature", "safety_flag.none": TICK, "consent_line.statistics": "Y"},
        ),
        (
            "person",
            {
                "person.name_bn": "হাসিবুর রহমান সরকার",
                "person.name_en": "Hasibur Rahman Sarkar",
                "person.sex_gender": "Male",
                "person.date_of_birth": "5/11/1986",
                "person.phone_1": "+8801611000396",
                "person.safe_contact_rule": ("Evening only",),
                "person.district": "Tangail",
            },
        ),
        (
            "journey",
            {
                "migration_episode.destination_country": "United Arab Emirates",
                "migration_episode.city_abroad": "Ajman",
                "migration_episode.departed_on": "June 2014",
                "migration_episode.returned_on": "January 2026",
                "migration_episode.occupation_abroad": "Building electrician",
                "migration_episode.visa_type": "Investor or partner visa",
                "migration_episode.manner_of_return": "Own decision, own arrangement",
                "migration_episode.main_return_reason": "To start work or business at home",
            },
        ),
        ("happened", triage(t12="Y", t14="Y", t15="Y")),
        (
            "needs",
            {
                "need_item.needs": ("Start or grow a business", "Loan on fair terms"),
                "needs_assessment.client_wishes": "I have 12 lakh myself and want a workshop for house wiring.",
            },
        ),
    ),
    suggested="returned_success",
    why=("The person came back by own decision, earned back the cost and has no heavy debt.",),
    decided="returned_success",
    found_by="হাসিবুর",
    secret=("000396", "Tangail", "টাঙ্গাইল"),
    told=("Hasibur Rahman Sarkar", "Ajman", "house wiring"),
    referring=Referring("Loan on fair terms", BANK, also=("Journey and work",), asked_now=True, handed_over=False),
)

MINOR = Returnee(
    code="minor",
    name_bn="শাপলা আক্তার মনি",
    name_en="Shapla Akter Moni",
    parts=(
        (
            "consent",
            {
                **AGREED,
                "consent.method": "Thumbprint",
                "consent.giver": "Parent",
                "consent.giver_name": "রাবেয়া খাতুন",
                "safety_flag.flags": (
                    "Threatened by recruiter, trafficker or family",
                    "Severe distress, cannot be left alone",
                ),
                "consent_line.sensitive_data": "Y",
            },
        ),
        (
            "person",
            {
                "person.name_bn": "শাপলা আক্তার মনি",
                "person.name_en": "Shapla Akter Moni",
                "person.sex_gender": "Female",
                "person.age_stated": "১৬",
                "person.district": "Kishoreganj",
                "person.village_or_street": "হাওরপাড়া",
                "identity_document.type": "Birth registration",
                "identity_document.number": "20104817600012345",
            },
        ),
        ("consent", {"person.guardian": "রাবেয়া খাতুন", "person.guardian_safe": "Y"}),
        (
            "journey",
            {
                "migration_episode.destination_country": "Saudi Arabia",
                "migration_episode.departed_on": "August 2025",
                "migration_episode.returned_on": "2/5/2026",
                "migration_episode.occupation_abroad": "Domestic cleaner or helper",
                "migration_episode.manner_of_return": "Rescued and repatriated",
                "migration_episode.main_return_reason": "Exploitation or trafficking",
                "recruiter.type": "Sub-agent or broker (dalal)",
            },
        ),
        (
            "happened",
            {
                **triage(t04="Y", t05="Y", t09="Y", t11="Y"),
                "incident.violations": ("recruited_as_child", "movement_restricted"),
                "incident.narrative": "দালাল কাগজে বয়স ২৬ লিখেছিল। রাতে ঘরে তালা দিত।",
            },
        ),
        (
            "needs",
            {"need_item.needs": ("Mental health care or counselling",)},
        ),
    ),
    suggested="returned_victim",
    why=("The person reports confinement, violence, sexual violence, sale or bondage, or work as a child.",),
    decided="returned_victim",
    found_by="shapl",
    secret=("শাপলা", "Shapla", "হাওরপাড়া", "Kishoreganj", "রাবেয়া"),
    told=("হাওরপাড়া", "দালাল কাগজে বয়স"),
    priority="urgent",
    hidden_name=True,
    referring=Referring("", CHILD_DESK, also=("What happened, in headings",), asked_now=True, giver="parent"),
)

WIDOW = Returnee(
    code="widow",
    name_bn="রওশন আরা বিবি",
    name_en="Rowshan Ara Bibi",
    parts=(
        (
            "consent",
            {
                **AGREED,
                "consent.method": "Thumbprint",
                "consent.giver": "Next of kin of a deceased or missing migrant",
                "consent.giver_name": "রওশন আরা বিবি",
                "safety_flag.none": TICK,
                "consent_line.share_government_welfare": "Y",
            },
        ),
        (
            "person",
            {
                "case.case_subject": "Family of a migrant who died abroad",
                "person.name_bn": "রওশন আরা বিবি",
                "person.name_en": "Rowshan Ara Bibi",
                "person.sex_gender": "Female",
                "person.age_stated": "৩৬",
                "person.phone_1": "01511000362",
                "person.safe_contact_rule": ("Daytime only",),
                "person.district": "Cumilla",
                "person.upazila": "Debidwar",
                "person.marital_status": "Widowed",
                "person.children_count": "৩",
            },
        ),
        (
            "journey",
            {
                "migration_episode.destination_country": "Oman",
                "migration_episode.departed_on": "2021",
                "migration_episode.manner_of_return": "Remains brought home (family is the client)",
                "debt.outstanding": "২,১০,০০০",
            },
        ),
        (
            "needs",
            {
                "need_item.needs": ("Burial and support for family of deceased", "Education of children"),
                "needs_assessment.client_wishes": "ছেলেমেয়ে তিনটার পড়া যেন বন্ধ না হয়।",
            },
        ),
    ),
    suggested="no_suggestion",
    why=(),
    decided=None,
    found_by="rowsh",
    secret=("Debidwar", "000362", "Cumilla", "কুমিল্লা"),
    told=("Rowshan Ara Bibi", "রওশন আরা বিবি", "Debidwar", "ছেলেমেয়ে তিনটার"),
    referring=Referring(
        "Burial and support for family of deceased",
        WELFARE,
        also=("What the person wants, in their own words",),
        language="bn",
    ),
)

SIX = (DOMESTIC_WORKER, SHIPS_SUPERVISOR, DETAINED, INVESTOR, MINOR, WIDOW)
