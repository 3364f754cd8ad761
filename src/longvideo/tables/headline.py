"""The few numbers of a table that one wants to compare between two commits: `dvc metrics show`, `dvc metrics diff`."""

from longvideo.files.table_record import TableRecord


def headline(table: TableRecord) -> dict[str, float | dict[str, float]]:
    """Return our values by row, and by column where the document has several; columns of ours alone are left out."""
    columns = [column.key for column in table.columns if not column.ours_only]
    rows: dict[str, float | dict[str, float]] = {}
    for row in table.rows:
        cells = {column: table.cell(row.key, column) for column in columns}
        values = {column: cell.value for column, cell in cells.items() if cell and cell.value is not None}
        if values:
            rows[row.key] = next(iter(values.values())) if len(columns) == 1 else values
    return rows
