"""Cells and claims of a table as records: ours beside the printed number, a verdict beside the statement."""

from collections.abc import Sequence

from longvideo.files.metrics import RunMetrics
from longvideo.files.table_record import CellRecord, ClaimRecord, RunRecord
from longvideo.tables.claims import Verdict, judge_greater, judge_no_gain, judge_trend
from longvideo.tables.collect import Measured, gaps_in_words
from longvideo.tables.static import matches, static_value

Printed = float | str | None


def measured_cell(row: str, column: str, measured: Measured, printed: Printed, quoted: bool) -> CellRecord:
    """Make the cell of a metric; without a single value it stays empty, whatever the document prints."""
    return CellRecord(
        row=row,
        column=column,
        state=measured.state,
        value=measured.mean,
        error=measured.error,
        deviation=measured.deviation,
        per_seed=measured.per_seed,
        missing=measured.missing,
        origin=measured.name,
        printed=printed,
        quoted=quoted,
    )


def static_cell(row: str, column: str, name: str, printed: Printed, number_format: str, quoted: bool) -> CellRecord:
    """Compute a static cell and compare it with the printed one.

    Raises:
        UserError: The name is not known.
    """
    static = static_value(name)
    return CellRecord(
        row=row,
        column=column,
        state="static",
        value=static.value,
        text=static.text,
        origin=name,
        printed=printed,
        quoted=quoted,
        matches=matches(static, printed, number_format),
        note=static.note,
    )


def greater_claim(left: Measured, right: Measured) -> tuple[Verdict, str]:
    """Judge that `left` is greater than `right`; return the verdict and what its difference is."""
    return judge_greater(left.per_seed, right.per_seed), f"{left.name} minus {right.name}"


def trend_claim(cells: Sequence[Measured], x: Sequence[float], falls: bool) -> tuple[Verdict, str]:
    """Judge that the cells rise, or fall, with log2(x)."""
    measure = f"{'fall' if falls else 'rise'} per doubling from {min(x):g} to {max(x):g}"
    return judge_trend([cell.per_seed for cell in cells], x, falls), measure


def no_gain_claim(control: Measured, baseline: Measured, gain: Measured, share: float) -> tuple[Verdict, str]:
    """Judge that the control keeps less than `share` of the real gain over the baseline."""
    verdict = judge_no_gain(control.per_seed, baseline.per_seed, gain.per_seed, share)
    return verdict, f"{share:g} × the gain of {gain.name} minus the gain of {control.name}, over {baseline.name}"


def claim_record(
    identity: tuple[str, str, str, str], judged: tuple[Verdict, str], compared: Sequence[Measured]
) -> ClaimRecord:
    """Make the record of a claim.

    Args:
        identity: The claim's id, kind, text and source.
        judged: Its verdict, and what its difference is.
        compared: The metrics it compares; the reason names the seeds that they lack.
    """
    name, kind, text, source = identity
    verdict, measure = judged
    reason = "; ".join(filter(None, [verdict.reason, *gaps_in_words(compared)]))
    return ClaimRecord(
        id=name,
        kind=kind,
        text=text,
        source=source,
        verdict=verdict.verdict,
        measure=measure,
        difference=verdict.difference,
        low=verdict.low,
        high=verdict.high,
        seeds=verdict.seeds,
        reason=reason,
    )


def run_record(run: RunMetrics) -> RunRecord:
    """Keep what says where the numbers of a run come from."""
    return RunRecord(
        experiment=run.experiment,
        variant=run.variant,
        seed=run.seed,
        dataset=run.dataset,
        split=run.split,
        protocol=run.protocol,
        commit=run.commit,
        device=run.device,
        spec_hash=run.spec_hash,
    )
