"""The graph: which files every stage reads, as pure functions of the specs; the only Python that rules call.

    raw -> decoded -> detections -> banks -> checkpoints -> predictions -> metrics -> tables

Banks and initial weights come from the checkpoints of other experiments; which ones, the specs say.
"""

from longvideo.graph.arguments import as_argument, flags
from longvideo.graph.clips import timed_experiments
from longvideo.graph.figures import figure_flags, figure_inputs, resolved_figure
from longvideo.graph.workspace import RESULTS, Workspace

__all__ = [
    "RESULTS",
    "Workspace",
    "as_argument",
    "figure_flags",
    "figure_inputs",
    "flags",
    "resolved_figure",
    "timed_experiments",
]
