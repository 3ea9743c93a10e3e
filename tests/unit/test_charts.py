"""Charts: nothing stands outside the frame or over other words, and what is hidden has no exact length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casedesk import codelists, i18n
from casedesk.reports.charts import Look, draw, tiles
from casedesk.reports.marks import Box, Drawing, Ink, Mark, Shape, Stroke, Words, hatched, hex_of
from casedesk.reports.measure import fitted, text_width
from casedesk.services.statistics.shapes import EMPTY, Cell, Chart, ChartKind, Column, Series, Shown
from casedesk.tokens import tokens

LABELS = ["ব্রাহ্মণবাড়িয়া", "Saudi Arabia", "", "x", "United Arab Emirates and more", "সংযুক্ত আরব আমিরাত", "৪২"]


def exact(value: int) -> Cell:
    return Cell(Shown.EXACT, value)


UNDER = Cell(Shown.UNDER, high=4)
A, B = Column("a", "A"), Column("b", "B")
cells = st.one_of(
    st.integers(0, 100_000).map(exact),
    st.just(UNDER),
    st.just(Cell(Shown.HIDDEN)),
    st.just(EMPTY),
    st.tuples(st.integers(0, 400), st.integers(0, 400)).map(lambda p: Cell(Shown.RANGE, low=min(p), high=max(p) + 1)),
)


@st.composite
def charts(draw_: st.DrawFn) -> Chart:
    kind = draw_(st.sampled_from(ChartKind))
    if kind is ChartKind.DISTRICTS:
        places = [Column(code, codelists.get("bd_district").label(code)) for code in tiles()]
    else:
        places = [
            Column(str(n), label) for n, label in enumerate(draw_(st.lists(st.sampled_from(LABELS), max_size=12)))
        ]
    single = kind in (ChartKind.DISTRICTS, ChartKind.FUNNEL)
    series = []
    for at in range(1 if single else draw_(st.integers(1, 4))):
        made = draw_(st.lists(cells, min_size=len(places), max_size=len(places)))
        series.append(Series(str(at), draw_(st.sampled_from(LABELS)), tuple(made)))
    stacked = kind is ChartKind.STACKED
    totals = draw_(st.lists(cells, min_size=len(places), max_size=len(places))) if stacked else []
    return Chart("x", kind, "Title", tuple(places), tuple(series), totals=tuple(totals))


def room(words: Words) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the letters without the air around them."""
    wide = text_width(words.text, words.size, bold=words.bold)
    left = words.x - {"left": 0.0, "centre": wide / 2, "right": wide}[words.side]
    return left, words.y - words.size * 0.72, left + wide, words.y + words.size * 0.12


def corners(mark: Mark) -> list[tuple[float, float]]:
    match mark:
        case Box():
            return [(mark.x, mark.y), (mark.x + mark.width, mark.y + mark.height)]
        case Stroke():
            return [(mark.x1, mark.y1), (mark.x2, mark.y2)]
        case Shape():
            return list(mark.points)
    left, top, right, bottom = room(mark)
    return [(left, top), (right, bottom)]


def over_each_other(drawing: Drawing) -> list[tuple[str, str]]:
    words = [mark for mark in drawing.marks if isinstance(mark, Words) and mark.text]
    found = []
    for one, other in combinations(words, 2):
        a, b = room(one), room(other)
        if min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5:
            found.append((one.text, other.text))
    return found


@given(charts(), st.sampled_from([220, 330, 430, 500, 760]), st.booleans(), st.sampled_from(["en", "bn"]))
def test_everything_stands_in_its_place(chart: Chart, width: int, paper: bool, language: str) -> None:
    with i18n.speaking(language):
        drawing = draw(chart, width, Look(8.5 if paper else 12, paper=paper))
    for mark in drawing.marks:
        for x, y in corners(mark):
            assert -1 <= x <= drawing.width + 1, mark
            assert -1 <= y <= drawing.height + 1, mark
    assert over_each_other(drawing) == []


@pytest.mark.parametrize("kind", [kind for kind in ChartKind if kind is not ChartKind.DISTRICTS])
def test_what_is_hidden_is_hatched(kind: ChartKind) -> None:
    """The cell does not know its value; nothing of a drawing could tell it."""
    places = (Column("a", "A"), Column("b", "B"))
    drawing = draw(Chart("x", kind, "", places, (Series("s", "S", (exact(20), UNDER)),)), 300, Look())
    assert any(isinstance(mark, Words) and "<5" in mark.text for mark in drawing.marks) or kind is ChartKind.STACKED
    plain = draw(Chart("x", kind, "", places, (Series("s", "S", (exact(20), exact(4))),)), 300, Look())
    strokes = [mark for mark in drawing.marks if isinstance(mark, Stroke)]
    assert len(strokes) > len([mark for mark in plain.marks if isinstance(mark, Stroke)])  # the hatch


def test_every_district_has_a_tile_of_its_own() -> None:
    assert set(tiles()) == {row.code for row in codelists.get("bd_district")}
    assert len(set(tiles().values())) == 64


def test_neighbours_are_near() -> None:
    places = tiles()
    for one, other in (("dhaka", "gazipur"), ("sylhet", "sunamganj"), ("khulna", "bagerhat"), ("rajshahi", "natore")):
        (a, b), (c, d) = places[one], places[other]
        assert max(abs(a - c), abs(b - d)) == 1
    assert places["panchagarh"][1] < places["dhaka"][1] < places["coxs_bazar"][1]
    assert places["jashore"][0] < places["dhaka"][0] < places["sylhet"][0]


def test_words_are_cut_between_syllables_and_fit() -> None:
    text = "ব্রাহ্মণবাড়িয়া জেলার সব উপজেলা"
    cut, size = fitted(text, 12, 60)
    assert cut.endswith("…")
    assert text.startswith(cut[:-1])
    assert not "\u09be" <= text[len(cut) - 1] <= "\u09cd"
    assert text_width(cut, size) <= 60


def test_shades_are_told_apart_without_colour() -> None:
    light = tokens()["color"]["light"]
    greys = [_grey(hex_of(Ink("ch1", strength), light)) for strength in (0.16, 0.4, 0.68, 1.0)]
    assert all(before - after > 18 for before, after in pairwise(greys))


def test_a_hatch_stays_in_its_box() -> None:
    box = Box(10, 20, 33, 7)
    for mark in hatched(box, Ink("text"), rising=False):
        assert all(10 <= x <= 43 and 20 <= y <= 27 for x, y in corners(mark))


@pytest.mark.parametrize("paper", [True, False])
def test_series_and_what_is_not_shown_are_told_apart_in_grey(paper: bool) -> None:
    """By their grey where they are filled, and by the direction of their lines where they are hatched."""
    series = tuple(Series(str(n), f"Series {n}", (exact(20), UNDER)) for n in range(4))
    drawing = draw(Chart("x", ChartKind.STACKED, "", (A, B), series), 500, Look(paper=paper))
    for theme in ("light",) if paper else ("light", "dark"):
        colours = tokens()["color"][theme]
        *keys, hidden = (_key(drawing, name, colours) for name in (*(each.label for each in series), "not shown"))
        assert hidden[1] == {True, False}
        for one, other in combinations([*keys, hidden], 2):
            assert one[1] != other[1] or abs(one[0] - other[0]) > 18, (theme, one, other)


def _key(drawing: Drawing, name: str, colours: Mapping[str, str]) -> tuple[float, frozenset[bool]]:
    """The grey of a box of the legend, and which ways it is hatched."""
    words = next(mark for mark in drawing.marks if isinstance(mark, Words) and mark.text == name)
    boxes = [mark for mark in drawing.marks if isinstance(mark, Box) and mark.x < words.x and mark.y < words.y]
    box = max(boxes, key=lambda each: (each.y, each.x))
    lines = [
        mark
        for mark in drawing.marks
        if isinstance(mark, Stroke) and box.x <= mark.x1 <= box.x + box.width and box.y <= mark.y1 <= box.y + box.height
    ]
    grey = _grey(hex_of(box.fill, colours)) if box.fill is not None else 255.0
    return grey, frozenset((mark.y2 < mark.y1) == (mark.x2 > mark.x1) for mark in lines if mark.x1 != mark.x2)


def test_a_column_is_as_high_as_its_total_where_that_is_told() -> None:
    series = (Series("s", "S", (exact(20), exact(16))), Series("t", "T", (UNDER, UNDER)))
    plain = Chart("x", ChartKind.STACKED, "", (A, B), series)
    assert {"21–24", "17–20"} <= _said(plain)
    assert {"23", "17–20"} <= _said(replace(plain, totals=(exact(23), UNDER)))


def test_a_column_with_a_part_that_is_not_told_says_what_the_table_says_of_its_total() -> None:
    open_end = Cell(Shown.RANGE, low=5)
    series = (Series("s", "S", (exact(21),)), Series("t", "T", (open_end,)))
    plain = Chart("x", ChartKind.STACKED, "", (A,), series)
    total = Cell(Shown.RANGE, low=25)
    assert "21" not in _said(plain)
    assert total.words in _said(replace(plain, totals=(total,)))


def _said(chart: Chart) -> set[str]:
    return {mark.text for mark in draw(chart, 400, Look()).marks if isinstance(mark, Words)}


def _grey(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue
