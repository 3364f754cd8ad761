"""Tabulate: collect the metrics of a run into one table, with the verdicts on its claims; draw figures.

Writes the record (JSON), the same for readers (Markdown), and, for a table whose columns are values of one quantity, a
plot of its rows in `figures/` beside the folder of the record. `table` makes a table and its headline numbers; `losses`
puts the losses of the trainings behind a table side by side; `figure` draws a figure of a document.
"""

import argparse
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from longvideo.arguments import read_spec
from longvideo.errors import UserError, run_main
from longvideo.files.atomic import write_json, write_text
from longvideo.files.figure_record import FigureRecord, PointRecord, write_figure
from longvideo.files.manifest import read_manifest
from longvideo.files.provenance import commit
from longvideo.files.table_record import CellRecord, ClaimRecord, HeadRecord, RunRecord, TableRecord, write_table
from longvideo.specs.figure import CompressedFramesFigure, InputKind, ResolvedFigure, SpeedAccuracyFigure
from longvideo.specs.problems import as_user_error
from longvideo.specs.table import (
    CellKey,
    ClaimSpec,
    ColumnSpec,
    GreaterClaim,
    Measurement,
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
from longvideo.tables.collect import Measured, MetricsFolder
from longvideo.tables.figures.speed_accuracy import draw_speed, our_point
from longvideo.tables.figures.table_plot import axis_of, plot_table
from longvideo.tables.headline import headline
from longvideo.tables.losses import losses_csv
from longvideo.tables.render import markdown


def make_cells(table: TableSpec, folder: MetricsFolder) -> list[CellRecord]:
    """Collect, compute or leave empty every cell of a table."""
    cells = []
    for row in table.rows:
        for column, cell in row.cells.items():
            quoted = row.quoted or cell.quoted
            if cell.measurement is not None or cell.parts:
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
    terms = [(factor, found.experiment, found.metric) for factor, found in table.terms(place)]
    units = {column.key: column.unit for column in table.columns}
    own = "" if isinstance(place, Measurement) else units[place[1]]
    return folder.combine(terms, own or table.unit)


def make_claim(claim: ClaimSpec, table: TableSpec, folder: MetricsFolder) -> ClaimRecord:
    """Judge one claim."""
    compared = [measure(place, table, folder) for place in claim_cells(claim)]
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


def speed_points(figure: SpeedAccuracyFigure, folder: MetricsFolder) -> list[tuple[PointRecord, InputKind]]:
    """Collect our points of a figure and the printed ones, each with what it reads."""
    ours = []
    for point in figure.points:
        terms = (
            [(found.experiment, found.metric) for found in part] for part in (point.time, point.accuracy, point.size)
        )
        ours.append((our_point(point.label, folder, *terms), point.input))
    printed = []
    for number in figure.printed:
        note = number.source if number.time_ms else "time not printed"
        record = PointRecord(panel="printed", label=number.label, x=number.time_ms, y=number.accuracy, note=note)
        printed.append((record, number.input))
    return ours + printed


def draw(resolved: ResolvedFigure, args: argparse.Namespace) -> dict[str, Any]:
    """Draw a figure; return what its record says of its own: facts, points, commits and devices."""
    figure, picture = resolved.figure, args.out_picture
    if isinstance(figure, SpeedAccuracyFigure):
        folder = MetricsFolder(_given(args, "metrics_root"), resolved.seeds)
        points = speed_points(figure, folder)
        data = ", ".join(sorted(set(resolved.datasets.values())))
        draw_speed(points, (f"ours: scale {resolved.scale}, {data}", f"printed: {figure.where}"), picture)
        origin = {
            f"{name}s": tuple(sorted({getattr(run, name) for run in folder.runs})) for name in ("commit", "device")
        }
        return {"points": tuple(point for point, _ in points), **origin}
    # Here and not above: tables need no videos.
    from longvideo.data.recognition_csv import read_labels
    from longvideo.tables.figures import choose
    from longvideo.tables.figures.compressed_frames import draw_frames
    from longvideo.tables.figures.video_space import draw_videos

    videos = read_manifest(_given(args, "manifest"))
    labels = read_labels(_given(args, "labels"), _given(args, "label_map"))
    if isinstance(figure, CompressedFramesFigure):
        video = choose.one_video(videos, labels, figure.video)
        most = (figure.most_motion, figure.most_residual)
        shown = draw_frames(video.path, figure.group, figure.positions, *most, picture)
        told = {"video": video.id, "group": str(figure.group), "positions": ", ".join(map(str, shown))}
        return {"facts": told}
    action, *both = choose.two_videos(videos, labels, figure.actions)
    paths = {video.id: video.path for video in both}
    sizes = (figure.frames, figure.side, figure.accumulated)
    apart = draw_videos(paths, *sizes, figure.perplexity, resolved.seeds[0], picture)
    told = {f"separation, {space}": f"{share:.2f}" for space, share in apart.items()}
    return {"facts": {"action": action, "videos": ", ".join(paths), **told}}


def _given(args: argparse.Namespace, name: str) -> Path:
    path: Path | None = getattr(args, name)
    if path is None:
        raise UserError(f"expected --{name.replace('_', '-')} for this figure, found none")
    return path


def make_figure(args: argparse.Namespace) -> None:
    """Draw a figure of a document, and write down what from."""
    resolved = read_spec(args.spec, ResolvedFigure)
    figure = resolved.figure
    own = draw(resolved, args)
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
