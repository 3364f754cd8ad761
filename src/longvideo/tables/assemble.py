"""Cells and claims of a table as records: ours beside the printed number, a verdict beside the statement."""

from collections.abc import Sequence

from longvideo.files.metrics import RunMetrics
from longvideo.files.table_record import CellRecord, ClaimRecord, RunRecord
from longvideo.specs.claim import Claim, GreaterClaim, TrendClaim
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


def make_claim(claim: Claim, compared: Sequence[Measured], unit: str) -> ClaimRecord:
    """Judge a claim.

    Args:
        claim: The statement.
        compared: What it compares, in the order of `claim_cells`; the reason names the seeds that these lack.
        unit: Theirs.
    """
    verdict, measure = _judged(claim, compared)
    reason = "; ".join(filter(None, [verdict.reason, *gaps_in_words(compared)]))
    return ClaimRecord(
        id=claim.id,
        kind=claim.kind,
        text=claim.text,
        source=claim.source,
        verdict=verdict.verdict,
        measure=measure,
        difference=verdict.difference,
        low=verdict.low,
        high=verdict.high,
        seeds=verdict.seeds,
        reason=reason,
        unit=unit,
    )


def _judged(claim: Claim, compared: Sequence[Measured]) -> tuple[Verdict, str]:
    """Return the verdict on a claim, and what its difference is."""
    if isinstance(claim, TrendClaim):
        falls = claim.direction == "falls"
        measure = f"{'fall' if falls else 'rise'} per doubling from {min(claim.x):g} to {max(claim.x):g}"
        return judge_trend([cell.per_seed for cell in compared], claim.x, falls), measure
    if isinstance(claim, GreaterClaim):
        left, right = compared
        return judge_greater(left.per_seed, right.per_seed), f"{left.name} minus {right.name}"
    control, baseline, gain = compared
    verdict = judge_no_gain(control.per_seed, baseline.per_seed, gain.per_seed, claim.share)
    measure = f"{claim.share:g} × the gain of {gain.name} minus the gain of {control.name}, over {baseline.name}"
    return verdict, measure


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
