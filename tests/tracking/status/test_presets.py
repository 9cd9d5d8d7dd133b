"""The preset files: read with care, and never letting a label pass for movement."""

import pytest

from tests.tracking.status.facts import event
from tracking.status import presets
from tracking.status.presets import COLUMNS, PresetError
from tracking.status.projection import project
from tracking.status.validation import validate
from tracking.status.wording import SentenceFacts, render, sentence_for
from tracking.vocabulary import MOVING_MILESTONES

ROWS = [row for kind in presets.kinds() for row in presets.load(kind) if not row.is_pass]
WEAK = [row for row in ROWS if row.evidence != "item_scanned"]


def test_there_are_presets_and_every_row_of_them_is_valid():
    assert {"shopify", "usps"} <= set(presets.kinds())
    assert len(WEAK) > 10
    assert [(row.id, wrong) for row in ROWS if (wrong := validate(row))] == []


def test_a_kind_without_preset_has_no_rows():
    assert presets.load("generic-nothing") == ()


@pytest.mark.parametrize("row", WEAK, ids=lambda row: row.id)
def test_a_label_and_any_row_below_a_scan_is_no_movement(row):
    weak = event(
        5, row.milestone, evidence=row.evidence, reason=row.reason, turn=row.turn, hint=row.hint, precision="instant"
    )

    state = project([event(0, "label_created"), weak])

    assert state.status not in MOVING_MILESTONES
    assert (state.first_scan_at, state.last_scan_at) == (None, None)
    sentence = sentence_for(state, SentenceFacts("FedEx", "America/New_York"))
    assert not sentence.key.startswith(("first_scan", "in_transit", "out_for", "available", "delivered", "return"))
    assert "on its way" not in render(sentence, "en")
    assert "en camino" not in render(sentence, "es")


def write(path, *lines):
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path):
    path = write(
        tmp_path / "acme.csv",
        ',code,DL,,,delivered,,item_scanned,,,,"Handed over, at last"',
        ",code,XX,*,Bad,exception,other,none,,1,,A hint",
        ",code,ZZ,,,,,,,,1,Go on",
    )

    good, hint, passing = presets.read(path)

    assert (good.source_kind, good.code, good.milestone, good.id) == ("acme", "DL", "delivered", "acme//code/DL")
    assert (hint.hint, hint.subcode, hint.pattern) == (True, "*", "Bad")
    assert passing.is_pass


def test_row_ids_do_not_depend_on_the_order_of_the_file(tmp_path):
    lines = [",code,A,,,info,,none,,,,a", ",code,B,,,info,,none,,,,b"]
    (tmp_path / "x").mkdir()

    one = presets.read(write(tmp_path / "acme.csv", *lines))
    other = presets.read(write(tmp_path / "x" / "acme.csv", *reversed(lines)))

    assert set(one) == set(other)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",code,DL,,,delivered,,carrier_has_data,,,,x", "acme.csv, line 3: delivered means"),
        (",code,DL,,,flying,,none,,,,x", 'acme.csv, line 3: "flying"'),
        (",code,DL,,,info,,,,,,x", "acme.csv, line 3: The evidence is missing"),
        (",code,DL,,,info,,none,,yes,,x", "acme.csv, line 3: hint and pass"),
        (",code,DL,,,info", "acme.csv, line 3: 12 cells"),
        (",code,DL,,,info,,none,,,,x,y", "acme.csv, line 3: 12 cells"),
        (',code,DL,,"a"b,info,,none,,,,x', "acme.csv, line 3"),
        (",code,OK,,,info,,none,,,,again", "acme.csv, line 3: matches the same code as line 2"),
    ],
)
def test_a_bad_file_is_refused_with_file_and_line(tmp_path, line, message):
    path = write(tmp_path / "acme.csv", ",code,OK,,,info,,none,,,,fine", line)

    with pytest.raises(PresetError, match=message):
        presets.read(path)


def test_wrong_columns_are_refused(tmp_path):
    path = tmp_path / "acme.csv"
    path.write_text("code,milestone\nDL,delivered\n", encoding="utf-8")

    with pytest.raises(PresetError, match=r"acme.csv, line 1: the columns"):
        presets.read(path)
