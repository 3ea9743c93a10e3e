"""What every table has in common, and what a recorded one adds."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import MetaData, Uuid, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from casedesk.fields import Ask, Field, Level, Unsettled
from casedesk.i18n import N_
from casedesk.models.columns import moment


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Recorded(Base):
    """A record whose every change goes into the journal. `label` is its name for a person.

    One that is written once and never edited is `append`: what it says cannot clash.
    """

    __abstract__ = True
    label: ClassVar[str]
    append: ClassVar[bool] = False

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, sort_order=-1)
    removed_at: Mapped[datetime | None] = moment(
        N_("Removed"), level=Level.INTERNAL, ask=Ask.PROGRAM, unsettled=Unsettled.EMPTY
    )

    def __init__(self, **values: object) -> None:
        super().__init__(**{"id": uuid4()} | values)  # the id is known before the row is written


@cache
def fields_of(model: type[Base]) -> dict[str, Field]:
    """The declared fields of a model by name, in the order of declaration."""
    attributes = inspect(model).column_attrs
    found = {a.key: a.columns[0].info["field"] for a in attributes if "field" in a.columns[0].info}
    order = {name: place for place, name in enumerate(model.__annotations__)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], -1)))


@cache
def registers_of(model: type[Base]) -> dict[str, tuple[str, ...]]:
    """The fields of each register: those that merge together, and each of the others by itself."""
    found: dict[str, tuple[str, ...]] = {}
    for name, declared in fields_of(model).items():
        register = declared.register or name
        found[register] = (*found.get(register, ()), name)
    return found


@cache
def recorded_models() -> dict[str, type[Recorded]]:
    """Every recorded model by table name."""
    return {m.class_.__tablename__: m.class_ for m in Base.registry.mappers if issubclass(m.class_, Recorded)}


def values_of(record: Recorded) -> dict[str, object]:
    """What a record says: field name to value, without the empty ones."""
    names = fields_of(type(record))
    return {name: value for name in names if (value := getattr(record, name)) is not None}
