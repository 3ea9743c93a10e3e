"""The first release: every table, the guards of the journal, and the full-text index."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

GUARDED = (
    "case",
    "case_note",
    "centre",
    "consent",
    "consent_line",
    "contract_terms",
    "cost_item",
    "debt",
    "device",
    "disclosure",
    "exchange_rate",
    "follow_up",
    "identity_document",
    "incident",
    "incident_violation",
    "migration_episode",
    "need_item",
    "needs_assessment",
    "official_cost_limit",
    "person",
    "provider",
    "provider_service",
    "recruiter",
    "recruiter_involvement",
    "referral",
    "safety_flag",
    "status_event",
    "triage",
    "user",
    "operation",
    "change",
)


def upgrade() -> None:
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(length=24), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("case_subject", sa.String(length=60), nullable=True),
        sa.Column("priority", sa.String(length=60), nullable=True),
        sa.Column("priority_reason", sa.String(length=200), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("registered_at", sa.DateTime(), nullable=True),
        sa.Column("intake_place", sa.String(length=60), nullable=True),
        sa.Column("intake_district", sa.String(length=60), nullable=True),
        sa.Column("case_source", sa.String(length=60), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("named_access", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("confidential_case", sa.Boolean(), nullable=True),
        sa.Column("hide_name", sa.Boolean(), nullable=True),
        sa.Column("interpreter_used", sa.Boolean(), nullable=True),
        sa.Column("language_of_interview", sa.String(length=60), nullable=True),
        sa.Column("others_present", sa.String(length=200), nullable=True),
        sa.Column("index_episode_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("category_decided_by", sa.Uuid(), nullable=True),
        sa.Column("category_decided_at", sa.DateTime(), nullable=True),
        sa.Column("category_reason", sa.String(length=60), nullable=True),
        sa.Column("category_reason_text", sa.String(length=500), nullable=True),
        sa.Column("secondary_categories", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("safety_checked_at", sa.DateTime(), nullable=True),
        sa.Column("next_contact_on", sa.Date(), nullable=True),
        sa.Column("retention_review_on", sa.Date(), nullable=True),
        sa.Column("reopen_count", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_warnings", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
    )
    op.create_index(op.f("ix_case_index_episode_id"), "case", ["index_episode_id"], unique=False)
    op.create_index(op.f("ix_case_owner_id"), "case", ["owner_id"], unique=False)
    op.create_index(op.f("ix_case_person_id"), "case", ["person_id"], unique=False)
    op.create_index(op.f("ix_case_supervisor_id"), "case", ["supervisor_id"], unique=False)
    op.create_table(
        "case_index",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("case_number", sa.String(length=24), nullable=False),
        sa.Column("person_code", sa.String(length=10), nullable=False),
        sa.Column("name_bn", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("sex_gender", sa.String(length=60), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.String(length=60), nullable=True),
        sa.Column("priority_rank", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("named_access", sa.Text(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("hide_name", sa.Boolean(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_what", sa.String(length=200), nullable=False),
        sa.Column("due_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_case_index")),
        sa.UniqueConstraint("case_id", name=op.f("uq_case_index_case_id")),
    )
    op.create_index(
        "ix_case_index_confidential", "case_index", ["case_id"], unique=False, sqlite_where=sa.text("confidential = 1")
    )
    op.create_index("ix_case_index_due", "case_index", ["due_on"], unique=False)
    op.create_index(
        "ix_case_index_name",
        "case_index",
        [
            "name_key",
            "row",
            "is_open",
            "confidential",
            "owner_id",
            "supervisor_id",
            "team",
            "named_access",
            "category",
            "status",
            "country",
            "district",
            "due_on",
            "opened_on",
            "priority_rank",
        ],
        unique=False,
    )
    op.create_index("ix_case_index_number", "case_index", ["case_number"], unique=False)
    op.create_index(
        "ix_case_index_opened",
        "case_index",
        [
            "opened_on",
            "row",
            "is_open",
            "confidential",
            "owner_id",
            "supervisor_id",
            "team",
            "named_access",
            "category",
            "status",
            "country",
            "district",
            "due_on",
            "priority_rank",
        ],
        unique=False,
    )
    op.create_index(
        "ix_case_index_order",
        "case_index",
        [
            "priority_rank",
            "due_on",
            "row",
            "is_open",
            "confidential",
            "owner_id",
            "supervisor_id",
            "team",
            "named_access",
            "category",
            "status",
            "country",
            "district",
            "opened_on",
        ],
        unique=False,
    )
    op.create_index("ix_case_index_owner", "case_index", ["owner_id", "is_open"], unique=False)
    op.create_index("ix_case_index_person", "case_index", ["person_id"], unique=False)
    op.create_table(
        "case_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=60), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("participants", sa.String(length=200), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    op.create_index(op.f("ix_case_note_case_id"), "case_note", ["case_id"], unique=False)
    op.create_table(
        "centre",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_bn", sa.String(length=200), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("retention_years", sa.BigInteger(), nullable=True),
        sa.Column("triage_wage_percent", sa.BigInteger(), nullable=True),
        sa.Column("triage_money_lost", sa.String(length=24), nullable=True),
        sa.Column("hidden_codes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("practice", sa.Boolean(), nullable=True),
        sa.Column("code", sa.String(length=3), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
    )
    op.create_table(
        "chain",
        sa.Column("ix", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("organisation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("desk", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signing_seed", sa.LargeBinary(length=32), nullable=True),
        sa.Column("parent", sa.LargeBinary(length=56), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("ix", name=op.f("pk_chain")),
        sa.UniqueConstraint("id", name=op.f("uq_chain_id")),
    )
    op.create_table(
        "change",
        sa.Column("operation_seq", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Uuid(), nullable=False),
        sa.Column("table", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("operation_seq", "record", name=op.f("pk_change")),
    )
    op.create_index("ix_change_record", "change", ["record", "operation_seq"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("giver", sa.String(length=60), nullable=True),
        sa.Column("giver_name", sa.String(length=200), nullable=True),
        sa.Column("method", sa.String(length=60), nullable=True),
        sa.Column("language", sa.String(length=60), nullable=True),
        sa.Column("witness", sa.String(length=200), nullable=True),
        sa.Column("child_assent", sa.String(length=10), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_case_id"), "consent", ["case_id"], unique=False)
    op.create_table(
        "consent_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("scope", sa.String(length=60), nullable=True),
        sa.Column("answer", sa.String(length=60), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("limits", sa.Text(), nullable=True),
        sa.Column("named_recipient_id", sa.Uuid(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_line")),
    )
    op.create_index(op.f("ix_consent_line_case_id"), "consent_line", ["case_id"], unique=False)
    op.create_table(
        "contract_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=True),
        sa.Column("job", sa.String(length=60), nullable=True),
        sa.Column("employer_name", sa.String(length=200), nullable=True),
        sa.Column("wage", sa.String(length=24), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_terms")),
    )
    op.create_index(op.f("ix_contract_terms_episode_id"), "contract_terms", ["episode_id"], unique=False)
    op.create_table(
        "cost_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("amount", sa.String(length=24), nullable=True),
        sa.Column("paid_to", sa.String(length=200), nullable=True),
        sa.Column("paid_on", sa.String(length=20), nullable=True),
        sa.Column("receipt", sa.String(length=10), nullable=True),
        sa.Column("source_of_money", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_item")),
    )
    op.create_index(op.f("ix_cost_item_episode_id"), "cost_item", ["episode_id"], unique=False)
    op.create_table(
        "counter",
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_counter")),
    )
    op.create_table(
        "debt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=True),
        sa.Column("principal", sa.String(length=24), nullable=True),
        sa.Column("outstanding", sa.String(length=24), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("interest_percent_per_year", sa.BigInteger(), nullable=True),
        sa.Column("overdue", sa.String(length=10), nullable=True),
        sa.Column("pressure_or_threat", sa.String(length=10), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debt")),
    )
    op.create_index(op.f("ix_debt_episode_id"), "debt", ["episode_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("medium", sa.String(length=60), nullable=True),
        sa.Column("document", sa.String(length=40), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("copy_number", sa.String(length=20), nullable=True),
        sa.Column("recipient_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("consent_line_id", sa.Uuid(), nullable=True),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.Column("recalled_on", sa.Date(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(op.f("ix_disclosure_case_id"), "disclosure", ["case_id"], unique=False)
    op.create_index(op.f("ix_disclosure_referral_id"), "disclosure", ["referral_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_author_id"), "draft", ["author_id"], unique=False)
    op.create_table(
        "draft_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_draft_count")),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=60), nullable=True),
        sa.Column("taka", sa.String(length=24), nullable=True),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
    )
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=60), nullable=True),
        sa.Column("task", sa.String(length=200), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("method", sa.String(length=60), nullable=True),
        sa.Column("client_situation", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_assigned_to"), "follow_up", ["assigned_to"], unique=False)
    op.create_index(op.f("ix_follow_up_case_id"), "follow_up", ["case_id"], unique=False)
    op.create_index(op.f("ix_follow_up_referral_id"), "follow_up", ["referral_id"], unique=False)
    op.create_table(
        "gate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
    )
    op.create_table(
        "identity_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=60), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("issued_on", sa.String(length=20), nullable=True),
        sa.Column("expires_on", sa.String(length=20), nullable=True),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("held_by", sa.String(length=60), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_document")),
    )
    op.create_index(op.f("ix_identity_document_person_id"), "identity_document", ["person_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("happened_from", sa.String(length=20), nullable=True),
        sa.Column("happened_to", sa.String(length=20), nullable=True),
        sa.Column("stage", sa.String(length=60), nullable=True),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("still_going_on", sa.String(length=10), nullable=True),
        sa.Column("narrative", sa.Text(), nullable=True),
        sa.Column("told_by", sa.String(length=60), nullable=True),
        sa.Column("reported_to", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("medical_care_needed", sa.String(length=10), nullable=True),
        sa.Column("medical_care_received", sa.String(length=10), nullable=True),
        sa.Column("happened_before", sa.String(length=10), nullable=True),
        sa.Column("status", sa.String(length=60), nullable=True),
        sa.Column("trafficking_related", sa.String(length=10), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_case_id"), "incident", ["case_id"], unique=False)
    op.create_table(
        "incident_violation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("violation", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("months_unpaid", sa.BigInteger(), nullable=True),
        sa.Column("amount_owed", sa.String(length=24), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_violation")),
    )
    op.create_index(op.f("ix_incident_violation_case_id"), "incident_violation", ["case_id"], unique=False)
    op.create_index(op.f("ix_incident_violation_incident_id"), "incident_violation", ["incident_id"], unique=False)
    op.create_table(
        "migration_episode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("destination_country", sa.String(length=60), nullable=True),
        sa.Column("other_countries", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("city_abroad", sa.String(length=200), nullable=True),
        sa.Column("departed_on", sa.String(length=20), nullable=True),
        sa.Column("returned_on", sa.String(length=20), nullable=True),
        sa.Column("months_abroad", sa.BigInteger(), nullable=True),
        sa.Column("arrival_point", sa.String(length=60), nullable=True),
        sa.Column("visa_type", sa.String(length=60), nullable=True),
        sa.Column("stay_status", sa.String(length=60), nullable=True),
        sa.Column("occupation_before", sa.String(length=60), nullable=True),
        sa.Column("occupation_abroad", sa.String(length=60), nullable=True),
        sa.Column("skill_level_abroad", sa.String(length=60), nullable=True),
        sa.Column("industry", sa.String(length=60), nullable=True),
        sa.Column("manner_of_return", sa.String(length=60), nullable=True),
        sa.Column("main_return_reason", sa.String(length=60), nullable=True),
        sa.Column("return_reasons", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("planned_months", sa.BigInteger(), nullable=True),
        sa.Column("travel_document_on_return", sa.String(length=60), nullable=True),
        sa.Column("detained", sa.String(length=10), nullable=True),
        sa.Column("detained_days", sa.BigInteger(), nullable=True),
        sa.Column("detained_place", sa.String(length=200), nullable=True),
        sa.Column("wants_to_migrate_again", sa.String(length=10), nullable=True),
        sa.Column("first_month_earnings", sa.String(length=24), nullable=True),
        sa.Column("wages_owed", sa.String(length=24), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_episode")),
    )
    op.create_index(op.f("ix_migration_episode_person_id"), "migration_episode", ["person_id"], unique=False)
    op.create_table(
        "need_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("assessment_id", sa.Uuid(), nullable=True),
        sa.Column("need", sa.String(length=60), nullable=True),
        sa.Column("urgency", sa.String(length=60), nullable=True),
        sa.Column("in_own_words", sa.Text(), nullable=True),
        sa.Column("agreed_with_client", sa.Boolean(), nullable=True),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("met_how", sa.String(length=200), nullable=True),
        sa.Column("not_met_reason", sa.String(length=200), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_item")),
    )
    op.create_index(op.f("ix_need_item_case_id"), "need_item", ["case_id"], unique=False)
    op.create_table(
        "needs_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("client_wishes", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs_assessment")),
    )
    op.create_index(op.f("ix_needs_assessment_case_id"), "needs_assessment", ["case_id"], unique=False)
    op.create_table(
        "number_key",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_number_key")),
    )
    op.create_index("ix_number_key_case", "number_key", ["case_id"], unique=False)
    op.create_index("ix_number_key_key", "number_key", ["key", "kind"], unique=False)
    op.create_table(
        "official_cost_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("occupation", sa.String(length=60), nullable=True),
        sa.Column("amount", sa.String(length=24), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_cost_limit")),
    )
    op.create_table(
        "operation",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chain_ix", sa.BigInteger(), nullable=False),
        sa.Column("chain_seq", sa.BigInteger(), nullable=False),
        sa.Column("wall", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("actor", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("schema", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_operation")),
        sa.UniqueConstraint("chain_ix", "chain_seq", name=op.f("uq_operation_chain_ix_chain_seq")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_code", sa.String(length=10), nullable=True),
        sa.Column("name_bn", sa.String(length=200), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("nickname", sa.String(length=200), nullable=True),
        sa.Column("father_name", sa.String(length=200), nullable=True),
        sa.Column("mother_name", sa.String(length=200), nullable=True),
        sa.Column("sex_gender", sa.String(length=60), nullable=True),
        sa.Column("date_of_birth", sa.String(length=20), nullable=True),
        sa.Column("age_stated", sa.BigInteger(), nullable=True),
        sa.Column("age_stated_on", sa.Date(), nullable=True),
        sa.Column("is_minor", sa.Boolean(), nullable=True),
        sa.Column("phone_1", sa.String(length=24), nullable=True),
        sa.Column("phone_2", sa.String(length=24), nullable=True),
        sa.Column("preferred_contact", sa.String(length=60), nullable=True),
        sa.Column("safe_contact_rule", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("safe_contact_note", sa.Text(), nullable=True),
        sa.Column("contact_person_name", sa.String(length=200), nullable=True),
        sa.Column("contact_person_relationship", sa.String(length=60), nullable=True),
        sa.Column("contact_person_phone", sa.String(length=24), nullable=True),
        sa.Column("division", sa.String(length=60), nullable=True),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("upazila", sa.String(length=60), nullable=True),
        sa.Column("union_or_ward", sa.String(length=200), nullable=True),
        sa.Column("village_or_street", sa.String(length=200), nullable=True),
        sa.Column("current_address_differs", sa.Boolean(), nullable=True),
        sa.Column("current_address", sa.String(length=200), nullable=True),
        sa.Column("nationality", sa.String(length=60), nullable=True),
        sa.Column("marital_status", sa.String(length=60), nullable=True),
        sa.Column("children_count", sa.BigInteger(), nullable=True),
        sa.Column("education", sa.String(length=60), nullable=True),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("needs_interpreter", sa.Boolean(), nullable=True),
        sa.Column("can_read", sa.String(length=10), nullable=True),
        sa.Column("guardian", sa.String(length=200), nullable=True),
        sa.Column("guardian_safe", sa.String(length=10), nullable=True),
        sa.Column("not_same_as", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_table(
        "preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_preference")),
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=True),
        sa.Column("name_bn", sa.String(length=200), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("districts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("hours", sa.String(length=100), nullable=True),
        sa.Column("focal_person", sa.String(length=200), nullable=True),
        sa.Column("focal_phone", sa.String(length=24), nullable=True),
        sa.Column("phone", sa.String(length=24), nullable=True),
        sa.Column("agreement_until", sa.Date(), nullable=True),
        sa.Column("can_receive_restricted", sa.Boolean(), nullable=True),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("accessible", sa.String(length=10), nullable=True),
        sa.Column("women_only", sa.Boolean(), nullable=True),
        sa.Column("takes", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
    )
    op.create_table(
        "provider_service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.String(length=60), nullable=True),
        sa.Column("eligibility", sa.String(length=200), nullable=True),
        sa.Column("cost", sa.String(length=200), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("functional", sa.String(length=60), nullable=True),
        sa.Column("last_verified_on", sa.Date(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_service")),
    )
    op.create_index(op.f("ix_provider_service_provider_id"), "provider_service", ["provider_id"], unique=False)
    op.create_table(
        "recruiter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("licence_no", sa.String(length=40), nullable=True),
        sa.Column("licence_status", sa.String(length=60), nullable=True),
        sa.Column("licence_checked_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=24), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruiter")),
    )
    op.create_table(
        "recruiter_involvement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("recruiter_id", sa.Uuid(), nullable=True),
        sa.Column("amount_paid", sa.String(length=24), nullable=True),
        sa.Column("amount_lost", sa.String(length=24), nullable=True),
        sa.Column("promises", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruiter_involvement")),
    )
    op.create_index(op.f("ix_recruiter_involvement_episode_id"), "recruiter_involvement", ["episode_id"], unique=False)
    op.create_index(
        op.f("ix_recruiter_involvement_recruiter_id"), "recruiter_involvement", ["recruiter_id"], unique=False
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=24), nullable=True),
        sa.Column("direction", sa.String(length=60), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("need_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.String(length=60), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("summary_shared", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("fields_shared", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("consent_line_id", sa.Uuid(), nullable=True),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("sent_by_method", sa.String(length=60), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(), nullable=True),
        sa.Column("acknowledged_by_name", sa.String(length=200), nullable=True),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("appointment_at", sa.DateTime(), nullable=True),
        sa.Column("service_started_on", sa.Date(), nullable=True),
        sa.Column("service_ended_on", sa.Date(), nullable=True),
        sa.Column("decline_reason", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.Column("outcome_text", sa.Text(), nullable=True),
        sa.Column("client_satisfied", sa.String(length=10), nullable=True),
        sa.Column("accompanied", sa.Boolean(), nullable=True),
        sa.Column("transport_paid", sa.Boolean(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    op.create_index(op.f("ix_referral_case_id"), "referral", ["case_id"], unique=False)
    op.create_index(op.f("ix_referral_provider_id"), "referral", ["provider_id"], unique=False)
    op.create_table(
        "safety_flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("flag", sa.String(length=60), nullable=True),
        sa.Column("raised_at", sa.DateTime(), nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("first_action_at", sa.DateTime(), nullable=True),
        sa.Column("action_text", sa.Text(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(), nullable=True),
        sa.Column("cleared_reason", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_flag")),
    )
    op.create_index(op.f("ix_safety_flag_case_id"), "safety_flag", ["case_id"], unique=False)
    op.create_table(
        "state",
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_state")),
    )
    op.create_index(op.f("ix_state_case_id"), "state", ["case_id"], unique=False)
    op.create_index("ix_state_entity_status", "state", ["entity", "status"], unique=False)
    op.create_table(
        "status_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("entity", sa.String(length=40), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("from_status", sa.String(length=40), nullable=True),
        sa.Column("to_status", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("reason_text", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_event")),
    )
    op.create_index(op.f("ix_status_event_case_id"), "status_event", ["case_id"], unique=False)
    op.create_index(op.f("ix_status_event_entity_id"), "status_event", ["entity_id"], unique=False)
    op.create_table(
        "triage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("private_answers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("amounts_used", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("rules_version", sa.String(length=20), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.Column("rules_fired", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage")),
    )
    op.create_index(op.f("ix_triage_case_id"), "triage", ["case_id"], unique=False)
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("sign_in_name", sa.String(length=60), nullable=True),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("slot", sa.String(length=16), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
    )
    guard(GUARDED)
    op.execute("INSERT INTO gate (id, open) VALUES (1, 0)")
    op.execute(
        "CREATE VIRTUAL TABLE case_words USING fts5(words, sounds, prefix = '1 2 3',"
        " tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'\")"
    )
    op.execute("INSERT INTO case_words (case_words, rank) VALUES ('secure-delete', 1)")


def guard(tables: tuple[str, ...]) -> None:
    """Nothing writes these tables unless the recorder has opened the gate; nothing ever deletes from them."""
    for table in tables:
        for event in ("INSERT", "UPDATE"):
            op.execute(
                f'CREATE TRIGGER guard_{table}_{event.lower()} BEFORE {event} ON "{table}" WHEN (SELECT open FROM gate) = 0'
                " BEGIN SELECT RAISE(ABORT, 'only the recorder writes here'); END"
            )
        op.execute(
            f'CREATE TRIGGER guard_{table}_delete BEFORE DELETE ON "{table}"'
            " BEGIN SELECT RAISE(ABORT, 'nothing is deleted here'); END"
        )
    for table in ("operation", "change"):
        op.execute(
            f'CREATE TRIGGER guard_{table}_rewrite BEFORE UPDATE ON "{table}"'
            " BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END"
        )
