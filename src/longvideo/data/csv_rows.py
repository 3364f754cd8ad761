"""Reads CSV files from outside whose first line names the columns."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from longvideo.data.lines import numbered_lines, shown
from longvideo.errors import UserError


def named_rows(
    path: Path, columns: Sequence[str], needed: Sequence[str], max_bytes: int
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a CSV file with a header, each with the number of its last line; empty rows are passed over.

    Args:
        path: The file.
        columns: What its columns should be, for messages.
        needed: Columns that must be there, once each.
        max_bytes: Largest size of the file.

    Raises:
        UserError: The file is missing, too large or malformed, or lacks a column; names the line.
    """
    reader = csv.reader((f"{line}\n" for _, line in numbered_lines(path, "CSV file", max_bytes)), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if any(header.count(name) != 1 for name in needed):
            expected = f"expected the columns {','.join(columns)}"
            raise UserError(f"{path}: line 1: {expected}, found {shown(','.join(header))}")
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(header):
                raise UserError(
                    f"{path}: line {reader.line_num}: expected {len(header)} columns as in the header, found {len(row)}"
                )
            yield reader.line_num, dict(zip(header, row))
    except csv.Error as error:
        raise UserError(f"{path}: line {reader.line_num}: expected comma-separated values, found {error}") from None
