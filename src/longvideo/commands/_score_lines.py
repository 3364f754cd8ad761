"""How scores look in the terminal."""

NAME_WIDTH = 44


def percent(value: float | None) -> str:
    """Return a fraction as percent, or a dash where there is none."""
    return "     -" if value is None else f"{100 * value:5.2f}%"
