import xml.etree.ElementTree as ElementTree

from longvideo.files.table_record import CellRecord, HeadRecord, TableRecord
from longvideo.tables.figures.table_plot import axis_of, plot_table


def make_table(keys=("2", "10", "60"), values=(1.0, 2.0, None)):
    cells = [
        CellRecord(row="a", column=key, state="not run" if value is None else "measured", value=value, printed=20.0)
        for key, value in zip(keys, values)
    ]
    return TableRecord(
        target="table_9_9",
        document="thesis",
        where="Table 9.9",
        title="Support",
        note="",
        printed_protocol="",
        unit="%",
        format=".1f",
        scale="mini",
        run="mini",
        datasets={"ava": "miniworld_ava"},
        seeds=(0,),
        columns=tuple(HeadRecord(key=key, label=f"{key} s") for key in keys),
        rows=(HeadRecord(key="a", label="Row A"),),
        cells=tuple(cells),
        claims=(),
        runs=(),
    )


def test_only_columns_that_are_all_positive_numbers_make_an_axis():
    assert axis_of(make_table()) == (2.0, 10.0, 60.0)
    assert axis_of(make_table(("2", "10", "map"))) is None
    assert axis_of(make_table(("0", "10", "60"))) is None
    assert axis_of(make_table(("1", "2"), (1.0, 1.0))) is None


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    table = make_table()
    for name in ("a.svg", "b.svg"):
        plot_table(table, (2.0, 10.0, 60.0), tmp_path / "figures" / name)
    first, second = ((tmp_path / "figures" / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second


def test_ours_and_the_printed_numbers_have_panels_of_their_own(tmp_path):
    plot_table(make_table(), (2.0, 10.0, 60.0), tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = ["".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "ours: scale mini, miniworld_ava" in texts
    assert "printed: Table 9.9" in texts
    assert texts.count("Row A") == 2


def test_a_table_that_has_not_run_says_so_in_its_plot(tmp_path):
    plot_table(make_table(values=(None, None, None)), (2.0, 10.0, 60.0), tmp_path / "a.svg")
    assert ">not run<" in (tmp_path / "a.svg").read_text()
