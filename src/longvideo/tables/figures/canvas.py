"""Drawing to a file whose bytes depend on what is drawn alone: no date, no random ids, text as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvideo.files.atomic import write_aside

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
_NO_DATES: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".png": {"Software": None}}


@contextmanager
def canvas(path: Path, inches: tuple[float, float]) -> Iterator["Figure"]:
    """Yield an empty figure; when the block succeeds it is written, whole, as SVG or PNG by the name of `path`."""
    # Here and not above: it takes long to import, and most tables need no plot.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {"svg.hashsalt": "longvideo", "svg.fonttype": "none", "font.size": 9.0}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        figure = Figure(figsize=inches, layout="constrained")
        yield figure
        with write_aside(path) as aside:
            figure.savefig(aside, format=path.suffix[1:], dpi=DPI, metadata=_NO_DATES[path.suffix])
