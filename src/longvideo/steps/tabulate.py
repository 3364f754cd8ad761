"""Tabulate: collect the metrics of a run into one table, with the verdicts on its claims.

Writes the record (JSON), the same for readers (Markdown), and, for a table whose columns are values of one quantity, a
plot of its rows in `figures/` beside the folder of the record. `table` makes a table and its headline numbers; `losses`
puts the losses of the trainings behind a table side by side.
"""

import argparse
from pathlib import Path

from pydantic import ValidationError

from longvideo.errors import run_main
from longvideo.files.atomic import write_json, write_text
from longvideo.files.table_record import CellRecord, ClaimRecord, HeadRecord, RunRecord, TableRecord, write_table
from longvideo.specs.problems import as_user_error
from longvideo.specs.table import (
    ClaimSpec,
    ColumnSpec,
    GreaterClaim,
    ResolvedTable,
    RowSpec,
    TableSpec,
    TrendClaim,
    claim_cells,
)
from longvideo.tables.assemble import (
    claim_record,
    greater_claim,
    measured_cell,
    no_gain_claim,
    run_record,
    static_cell,
    trend_claim,
)
from longvideo.tables.collect import MetricsFolder
from longvideo.tables.figures import axis_of, plot_table
from longvideo.tables.headline import headline
from longvideo.tables.losses import losses_csv
from longvideo.tables.render import markdown


def make_cells(table: TableSpec, folder: MetricsFolder) -> list[CellRecord]:
    """Collect, compute or leave empty every cell of a table."""
    cells = []
    for row in table.rows:
        for column, cell in row.cells.items():
            quoted = row.quoted or cell.quoted
            found = cell.measurement
            if found is not None:
                measured = folder.measure(found.experiment, found.metric, table.unit)
                cells.append(measured_cell(row.key, column, measured, cell.printed, quoted))
            elif cell.static is not None:
                cells.append(static_cell(row.key, column, cell.static, cell.printed, table.format, quoted))
            else:
                cells.append(
                    CellRecord(row=row.key, column=column, state="printed", printed=cell.printed, quoted=quoted)
                )
    return cells


def make_claim(claim: ClaimSpec, table: TableSpec, folder: MetricsFolder) -> ClaimRecord:
    """Judge one claim."""
    places = [table.measurement(place) for place in claim_cells(claim)]
    compared = [folder.measure(place.experiment, place.metric, table.unit) for place in places]
    if isinstance(claim, TrendClaim):
        judged = trend_claim(compared, claim.x, claim.direction == "falls")
    elif isinstance(claim, GreaterClaim):
        judged = greater_claim(compared[0], compared[1])
    else:
        judged = no_gain_claim(compared[0], compared[1], compared[2], claim.share)
    return claim_record((claim.id, claim.kind, claim.text, claim.source), judged, compared)


def make_record(resolved: ResolvedTable, metrics_root: Path) -> TableRecord:
    """Make the record of a table from the metrics files of a run."""
    table = resolved.table
    folder = MetricsFolder(metrics_root, resolved.seeds)
    cells = make_cells(table, folder)
    claims = [make_claim(claim, table, folder) for claim in table.claims]
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


def main() -> None:
    """Run one of the two parts of the step."""
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
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    run_main(main)
