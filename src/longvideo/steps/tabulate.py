"""Tabulate: collect the metrics of a run into one table, with the verdicts on its claims; draw figures.

Writes the record (JSON), the same for readers (Markdown), and, for a table whose columns are values of one quantity, a
plot of its rows in `figures/` beside the folder of the record. `table` makes a table and its headline numbers; `losses`
puts the losses of the trainings behind a table side by side; `figure` draws a figure of a document.
"""

import argparse
from pathlib import Path

from pydantic import ValidationError

from longvideo.arguments import read_spec
from longvideo.errors import run_main
from longvideo.files.atomic import write_json, write_text
from longvideo.files.figure_record import FigureRecord, write_figure
from longvideo.files.provenance import commit
from longvideo.files.table_record import CellRecord, HeadRecord, RunRecord, TableRecord, write_table
from longvideo.specs.claim import CellKey, Measurement, claim_cells
from longvideo.specs.figure import ResolvedFigure
from longvideo.specs.problems import as_user_error
from longvideo.specs.table import ColumnSpec, ResolvedTable, RowSpec, TableSpec, Terms
from longvideo.tables.assemble import make_claim, measured_cell, run_record, static_cell
from longvideo.tables.collect import Measured, MetricsFolder
from longvideo.tables.figures.table_plot import axis_of, plot_table
from longvideo.tables.headline import headline
from longvideo.tables.losses import losses_csv
from longvideo.tables.render import markdown
from longvideo.tasks.figures import draw

DRAWN_FROM = ("manifest", "labels", "label_map", "metrics_root")


def make_cells(table: TableSpec, folder: MetricsFolder) -> list[CellRecord]:
    """Collect, compute or leave empty every cell of a table."""
    cells = []
    for row in table.rows:
        for column, cell in row.cells.items():
            quoted = row.quoted or cell.quoted
            if cell.measured:
                measured = measure((row.key, column), table, folder)
                record = measured_cell(row.key, column, measured, cell.printed, quoted)
            elif cell.static is not None:
                record = static_cell(row.key, column, cell.static, cell.printed, table.format, quoted)
            else:
                record = CellRecord(row=row.key, column=column, state="printed", printed=cell.printed, quoted=quoted)
            note = "; ".join(filter(None, [record.note, cell.note]))
            cells.append(record.model_copy(update={"note": note}))
    return cells


def measure(place: CellKey | Measurement, table: TableSpec, folder: MetricsFolder) -> Measured:
    """Collect what a place of a table stands for."""
    ratio = table.ratio(place)
    if ratio is not None:
        return folder.ratio(_named(ratio[0]), _named(ratio[1]))
    return folder.combine(_named(table.terms(place)), table.unit_at(place))


def _named(terms: Terms) -> list[tuple[float, str, str]]:
    return [(factor, found.experiment, found.metric) for factor, found in terms]


def make_record(resolved: ResolvedTable, metrics_root: Path) -> TableRecord:
    """Make the record of a table from the metrics files of a run."""
    table = resolved.table
    folder = MetricsFolder(metrics_root, resolved.seeds)
    cells = make_cells(table, folder)
    claims = []
    for claim in table.claims:
        places = claim_cells(claim)
        compared = [measure(place, table, folder) for place in places]
        claims.append(make_claim(claim, compared, table.unit_at(places[0])))
    runs: list[RunRecord] = [run_record(run) for run in folder.runs]
    return TableRecord(
        target=table.target,
        document=table.document,
        where=table.where,
        title=table.title,
        note=table.note,
        printed_protocol=table.protocol,
        unit=table.unit,
        format=table.format,
        scale=resolved.scale,
        run=resolved.run,
        datasets=dict(resolved.datasets),
        seeds=resolved.seeds,
        columns=tuple(_head(column) for column in table.columns),
        rows=tuple(_head(row) for row in table.rows),
        cells=tuple(cells),
        claims=tuple(claims),
        runs=tuple(runs),
    )


def _head(head: RowSpec | ColumnSpec) -> HeadRecord:
    quoted = isinstance(head, RowSpec) and head.quoted
    return HeadRecord(key=head.key, label=head.label, quoted=quoted, ours_only=head.ours_only)


def make_table(args: argparse.Namespace) -> None:
    """Make one table."""
    try:
        resolved = ResolvedTable.model_validate_json(args.spec)
    except ValidationError as error:
        raise as_user_error(f"{args.table}: --spec", error, ResolvedTable) from error
    record = make_record(resolved, args.metrics_root)
    axis = axis_of(record)
    if axis is not None:
        plot_table(record, axis, args.out_json.parent.with_name("figures") / f"{record.target}.svg")
    write_text(args.out_markdown, markdown(record))
    write_json(args.out_headline, headline(record))
    write_table(args.out_json, record)


def make_losses(args: argparse.Namespace) -> None:
    """Put losses side by side."""
    write_text(args.out, losses_csv(args.logs, args.checkpoints_root))


def make_figure(args: argparse.Namespace) -> None:
    """Draw a figure of a document, and write down what from."""
    resolved = read_spec(args.spec, ResolvedFigure)
    figure = resolved.figure
    files = {name: getattr(args, name) for name in DRAWN_FROM}
    own = draw(resolved, files, args.out_picture)
    record = FigureRecord(
        **{name: getattr(figure, name) for name in ("target", "document", "where", "title", "note")},
        scale=resolved.scale,
        run=resolved.run,
        datasets=dict(resolved.datasets),
        data=(resolved.data,) if resolved.data else (),
        seeds=resolved.seeds,
        commit=commit(),
        **own,
    )
    write_figure(args.out_record, record)


def main() -> None:
    """Run one of the three parts of the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(required=True)
    table = parts.add_parser("table")
    table.set_defaults(run=make_table)
    table.add_argument("--table", type=Path, required=True, help="the table's own file, named in messages")
    table.add_argument("--spec", required=True, help="ResolvedTable as JSON")
    table.add_argument("--metrics-root", type=Path, required=True)
    table.add_argument("--out-json", type=Path, required=True)
    table.add_argument("--out-markdown", type=Path, required=True)
    table.add_argument("--out-headline", type=Path, required=True)
    losses = parts.add_parser("losses")
    losses.set_defaults(run=make_losses)
    losses.add_argument("--logs", type=Path, nargs="+", required=True)
    losses.add_argument("--checkpoints-root", type=Path, required=True)
    losses.add_argument("--out", type=Path, required=True)
    figure = parts.add_parser("figure")
    figure.set_defaults(run=make_figure)
    figure.add_argument("--spec", required=True, help="ResolvedFigure as JSON")
    for flag in ("--manifest", "--labels", "--label-map", "--metrics-root"):
        figure.add_argument(flag, type=Path, help="what the figure is drawn from, if it is")
    figure.add_argument("--out-picture", type=Path, required=True)
    figure.add_argument("--out-record", type=Path, required=True)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    run_main(main)
