"""The situations people come home from: what goes together in a plausible journey."""

from __future__ import annotations

from dataclasses import dataclass

VICTIM, UNSUCCESSFUL, SUCCESS = "returned_victim", "returned_unsuccessful", "returned_success"
WOMEN, MEN = ("female",), ("male",)
MOSTLY_MEN = ("male", "male", "male", "female")


@dataclass(frozen=True, slots=True)
class Situation:
    """One kind of journey. `yes` are the triage questions answered yes, all others are no.

    `category` is what the rules of the triage suggest for it, nothing for a family or where answers are missing.
    """

    name: str
    weight: int
    category: str | None
    sexes: tuple[str, ...]
    occupations: tuple[str, ...]
    manners: tuple[str, ...]
    reasons: tuple[str, ...]
    yes: tuple[str, ...]
    needs: tuple[str, ...]
    violations: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()  # further violations, of which one is told now and then
    flags: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()  # any, by how many people go there
    visas: tuple[str, ...] = ("employment",)
    months: tuple[int, int] = (6, 40)
    ages: tuple[int, int] = (23, 46)
    unpaid: tuple[int, int] = (0, 0)
    underpaid: bool = False
    lost: tuple[int, int] = (0, 0)  # lakh taka
    cost: tuple[int, int] = (250, 550)  # thousand taka
    recruiters: tuple[str, ...] = ("licensed_agency", "sub_agent_dalal", "sub_agent_dalal", "relative_or_friend_abroad")
    subject: str = "returnee"
    papers: tuple[str, ...] = ("e_passport", "mrp_passport")
    held_by: tuple[str, ...] = ("self", "self", "family")
    told: str = ""  # the key of its accounts
    restricted: bool = False


GULF_HOMES = ("sa", "sa", "sa", "om", "qa", "ae", "kw", "jo", "lb")
BUILDING = ("construction_labourer", "mason", "concrete_steel_fixer", "carpenter", "scaffolder", "welder", "painter")
SERVING = ("cleaner", "shop_assistant", "waiter", "kitchen_helper", "car_washer", "security_guard", "delivery_rider")
MAKING = ("factory_labourer", "garment_operator", "packer", "plastic_rubber_operator", "furniture_maker")
LAND = ("crop_farm_labourer", "plantation_worker", "gardener_labourer", "fishery_labourer", "livestock_labourer")
MEN_WORK = (*BUILDING, *SERVING, *MAKING, *LAND, "car_driver", "truck_driver", "electrician", "plumber", "cook")

SITUATIONS = (
    Situation(
        "domestic_wages", 11, VICTIM, WOMEN, ("domestic_worker", "housekeeper"),
        ("mission_assisted", "employer_arranged", "outpass"), ("wages_not_paid", "contract_not_honoured"),
        ("t01", "t03", "t04", "t11"), ("recover_wages", "recover_documents", "job_at_home", "skills_training"),
        violations=("wages_not_paid", "passport_withheld", "excessive_hours"),
        sometimes=("no_weekly_rest", "communication_cut", "food_or_necessities_denied", "medical_care_denied"),
        countries=GULF_HOMES, visas=("domestic_worker",), unpaid=(3, 14), cost=(25, 110), months=(7, 30),
        held_by=("self", "employer", "employer", "lost"), papers=("e_passport", "outpass"), told="domestic_wages",
    ),
    Situation(
        "domestic_violence", 9, VICTIM, WOMEN, ("domestic_worker",),
        ("mission_assisted", "rescued_repatriated", "escaped_own_way"), ("abuse_or_violence",),
        ("t01", "t05", "t06", "t11", "t13"), ("mental_health", "medical_treatment", "recover_wages", "safe_place"),
        violations=("physical_violence", "movement_restricted", "wages_not_paid"),
        sometimes=("psychological_abuse", "food_or_necessities_denied", "sexual_harassment"),
        flags=("severe_distress", "unsafe_to_contact", "nowhere_to_sleep"), countries=GULF_HOMES,
        visas=("domestic_worker",), unpaid=(2, 9), cost=(25, 120), months=(3, 18),
        held_by=("employer", "self", "mission"), papers=("e_passport", "outpass"), told="domestic_violence",
        restricted=True,
    ),
    Situation(
        "free_visa", 8, VICTIM, MEN, (*SERVING, *LAND, "odd_jobs"),
        ("voluntary_own", "outpass", "deported"), ("recruiter_fraud", "no_job_on_arrival", "contract_not_honoured"),
        ("t02", "t10", "t11", "t13"), ("recover_recruitment_money", "debt_relief", "job_at_home"),
        violations=("deceived_about_job", "contract_substitution"),
        sometimes=("fake_visa_or_documents", "abandoned_on_arrival", "threat_of_police_or_deportation"),
        flags=("no_money_to_travel_home",), visas=("free_visa", "visit", "investor"), lost=(2, 6), months=(2, 14),
        cost=(350, 700), recruiters=("sub_agent_dalal", "unlicensed_agency", "travel_agency"), told="free_visa",
    ),
    Situation(
        "unpaid_site", 7, VICTIM, MEN, BUILDING, ("employer_arranged", "mission_assisted", "voluntary_own"),
        ("wages_not_paid", "employer_closed"), ("t01", "t11", "t13"),
        ("recover_wages", "loan", "skills_certificate"), violations=("wages_not_paid",),
        sometimes=("overtime_not_paid", "end_of_service_not_paid", "bad_housing"), unpaid=(2, 8), underpaid=True,
        told="unpaid_site", months=(8, 36),
    ),
    Situation(
        "route", 4, VICTIM, MEN, ("odd_jobs", "unemployed", "crop_farm_labourer"),
        ("rescued_repatriated", "assisted_voluntary_return", "detained_then_deported"),
        ("exploitation_trafficking", "arrest_detention"), ("t05", "t06", "t08", "t10", "t11", "t13"),
        ("legal_case", "mental_health", "debt_relief", "medical_treatment"),
        violations=("held_for_ransom", "sold_or_transferred", "irregular_route"),
        sometimes=("physical_violence", "belongings_confiscated", "abuse_in_detention"),
        flags=("threatened_by_perpetrator", "severe_distress"), countries=("ly", "ly", "it", "gr", "iq"),
        visas=("no_visa", "visit", "transit"), lost=(5, 14), cost=(700, 1500), months=(3, 20), ages=(20, 34),
        recruiters=("smuggling_network", "sub_agent_dalal"), papers=("outpass",), held_by=("self",), told="route",
        restricted=True,
    ),
    Situation(
        "scam", 2, VICTIM, MEN, ("office_clerk", "call_centre_worker"), ("rescued_repatriated", "escaped_own_way"),
        ("exploitation_trafficking",), ("t02", "t05", "t06", "t08", "t10", "t11"),
        ("legal_case", "mental_health", "job_at_home"), violations=("forced_criminality", "movement_restricted"),
        sometimes=("threats_of_harm", "passport_withheld"), flags=("threatened_by_perpetrator",),
        countries=("kh", "kh", "th", "mm"), visas=("visit",), lost=(2, 5), months=(2, 9), ages=(21, 32),
        recruiters=("social_media", "unlicensed_agency"), papers=("outpass",), told="scam", restricted=True,
    ),
    Situation(
        "injury", 4, VICTIM, MEN, (*BUILDING, "factory_labourer", "truck_driver"),
        ("employer_arranged", "medical_repatriation"), ("work_injury",), ("t01", "t04", "t11", "t13"),
        ("medical_treatment", "injury_compensation", "disability_support", "loan"),
        violations=("injury_not_compensated", "hazardous_work", "wages_not_paid"), flags=("medical_emergency",),
        sometimes=("deported_without_dues", "medical_care_denied"), unpaid=(1, 3), months=(5, 40), told="injury",
    ),
    Situation(
        "minor", 2, VICTIM, WOMEN, ("domestic_worker",), ("mission_assisted", "rescued_repatriated"),
        ("abuse_or_violence", "exploitation_trafficking"), ("t04", "t05", "t09", "t11"),
        ("safe_place", "mental_health", "recover_documents"), violations=("recruited_as_child", "child_labour"),
        sometimes=("forged_certificate_or_age", "excessive_hours"), flags=("unaccompanied_child",),
        countries=("sa", "sa", "jo"), visas=("domestic_worker",), months=(3, 11), ages=(15, 17), cost=(20, 60),
        recruiters=("sub_agent_dalal",), papers=("outpass", "birth_registration"), held_by=("self", "mission"),
        told="minor", restricted=True,
    ),
    Situation(
        "deported", 15, UNSUCCESSFUL, MEN, MEN_WORK,
        ("deported", "detained_then_deported", "outpass", "amnesty_programme"),
        ("irregular_status", "arrest_detention", "permit_expired", "host_policy_change"), ("t11", "t13"),
        ("job_at_home", "debt_relief", "travel_home", "recover_documents"), sometimes=("permit_not_renewed",),
        flags=("no_money_to_travel_home", "no_food"), papers=("outpass", "mrp_passport"), told="deported",
        countries=("sa", "sa", "sa", "my", "my", "ae", "om", "kw", "mv", "in"), months=(12, 90),
    ),
    Situation(
        "layoff", 13, UNSUCCESSFUL, MOSTLY_MEN, (*MAKING, *SERVING, "construction_labourer"),
        ("employer_arranged", "leave_not_returned"), ("layoff", "employer_closed", "low_income", "dismissed"),
        ("t11", "t13"), ("job_at_home", "loan", "skills_training", "debt_relief"),
        sometimes=("excessive_recruitment_fee", "overtime_not_paid", "wrongful_dismissal"), months=(4, 20),
        told="layoff", cost=(200, 480),
    ),
    Situation(
        "illness", 5, UNSUCCESSFUL, MOSTLY_MEN, (*SERVING, *BUILDING), ("medical_repatriation",),
        ("illness", "failed_medical_test"), ("t11", "t13"),
        ("medical_treatment", "social_protection", "child_education"), flags=("medical_emergency",), told="illness",
        sometimes=("social_security_denied",), months=(3, 60),
    ),
    Situation(
        "crisis", 4, UNSUCCESSFUL, MOSTLY_MEN, (*SERVING, "domestic_worker", "factory_labourer"),
        ("evacuated_crisis",), ("war_conflict",), ("t11",),
        ("travel_home", "emergency_cash", "job_at_home"), flags=("no_food", "no_money_to_travel_home"),
        countries=("lb", "lb", "ly", "sd", "iq"), told="crisis", months=(8, 60),
    ),
    Situation(
        "adapt", 6, UNSUCCESSFUL, WOMEN, ("domestic_worker", "cleaner", "garment_operator"),
        ("employer_arranged", "voluntary_own"), ("could_not_adapt", "family_reason", "illness"), ("t11", "t13"),
        ("skills_training", "financial_literacy", "child_education", "start_business"), countries=GULF_HOMES,
        visas=("domestic_worker", "employment"), months=(1, 8), cost=(20, 90), told="adapt",
    ),
    Situation(
        "finished", 9, SUCCESS, MOSTLY_MEN, MEN_WORK, ("voluntary_own",),
        ("contract_ended", "goal_reached", "retirement_age", "family_reason"), ("t12", "t14", "t15"),
        ("information", "financial_literacy", "safe_remigration"), months=(36, 140), ages=(28, 56), told="finished",
    ),
    Situation(
        "investor", 5, SUCCESS, MOSTLY_MEN, ("shop_assistant", "cook", "car_driver", "electrician", "tailor"),
        ("voluntary_own",), ("start_business_home", "goal_reached"), ("t12", "t14", "t15"),
        ("start_business", "loan", "financial_literacy"), months=(40, 150), ages=(30, 52), told="investor",
    ),
    Situation(
        "ship", 3, SUCCESS, MEN, ("seafarer", "steel_erector", "welder"), ("voluntary_own",),
        ("contract_ended", "family_reason"), ("t12", "t14"),
        ("skills_certificate", "job_at_home", "skills_training"), countries=("sg", "sg", "ae", "kr", "gr"),
        visas=("seafarer", "employment"), months=(60, 160), ages=(32, 54), told="ship",
    ),
    Situation(
        "widow", 4, None, WOMEN, ("unknown",), ("remains_repatriated",), ("unknown",), (),
        ("burial_support", "injury_compensation", "child_education", "social_protection"),
        subject="family_of_deceased", ages=(24, 48), papers=("nid",), held_by=("self",), told="widow",
    ),
    Situation(
        "stranded", 3, None, WOMEN, ("unknown",), ("unknown",), ("unknown",), (),
        ("information", "legal_case", "emergency_cash"), subject="family_of_stranded", ages=(22, 55),
        countries=("sa", "my", "ly", "in", "ru"), papers=("nid",), held_by=("self",), told="stranded",
    ),
    Situation(
        "arriving", 6, None, MOSTLY_MEN, MEN_WORK, ("voluntary_own", "employer_arranged", "unknown"), ("unknown",), (),
        ("travel_home", "information"), flags=("no_money_to_travel_home",), months=(3, 50),
    ),
)  # fmt: skip
