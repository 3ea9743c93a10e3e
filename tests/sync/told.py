"""That what was shown beforehand is what was sent: every field as often, every row without a name, every order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import Chain
from casedesk.models import Operation as OperationRow
from casedesk.storage.arrived import ERASED_TABLE
from casedesk.storage.operations import shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE
from casedesk.sync.batch import Batch, Kind
from casedesk.sync.bodies import CodedRows, Orders, read_body
from casedesk.sync.leaving import is_bookkeeping
from casedesk.sync.preview import Preview

STORIES = (Kind.CHAIN, Kind.SHOW, Kind.SNAPSHOT)


def assert_as_shown(desk: Desk, previews: Iterable[Preview], batches: Iterable[Batch]) -> None:
    """The previews that `desk` gave tell exactly what stands in the files that it made then."""
    shown_before, sent = list(previews), list(batches)
    assert fields_sent(desk, sent) == fields_shown(shown_before)
    files = [(each.header.to, read_body(each.body, CodedRows)) for each in sent if each.header.kind is Kind.CODED]
    coded = [file for _to, file in files]
    rows = {(to, row.row) for to, file in files for row in file.rows}
    assert len(rows) == sum(each.coded_cases for each in shown_before)
    columns = {name for each in coded for row in each.rows for name in row.values}
    assert columns == {name for each in shown_before for name in each.columns}
    assert any(each.counts for each in coded) == any(each.counted_cases for each in shown_before)
    orders = [read_body(each.body, Orders) for each in sent if each.header.kind is Kind.ORDERS]
    erased = any(table == ERASED_TABLE for _kind, table, _field in fields_sent(desk, sent))
    assert (bool(orders) or erased) == any(each.forgets for each in shown_before)


def fields_shown(previews: Iterable[Preview]) -> Counter[tuple[str, str, str]]:
    """How often each field would go, in files of each kind."""
    found: Counter[tuple[str, str, str]] = Counter()
    for each in previews:
        for row in each.rows:
            if row.goes:
                found[row.kind, row.table, row.field] += row.count
    return found


def fields_sent(desk: Desk, batches: Iterable[Batch]) -> Counter[tuple[str, str, str]]:
    """How often each field went, but for what is said of an act, and for what sync itself wrote down."""
    found: Counter[tuple[str, str, str]] = Counter()
    with desk.read() as session:
        for each in batches:
            header = each.header
            if header.kind not in STORIES:
                continue
            numbers = header.ops or range(header.first, header.last + 1)
            for number, operation in zip(numbers, unpack(each.body), strict=True):
                if not _is_bookkeeping(session, header.chain or b"", number):
                    leaves = [leaf for _level, leaf in shown(operation) if leaf.table != OPERATION_TABLE]
                    found.update((str(header.kind), leaf.table, leaf.field) for leaf in leaves)
    return found


def _is_bookkeeping(session: Session, chain: bytes, number: int) -> bool:
    wanted = (
        select(OperationRow.body)
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .where(Chain.id == chain, OperationRow.chain_seq == number)
    )
    (operation,) = unpack(session.scalars(wanted).one())
    return is_bookkeeping(operation)
