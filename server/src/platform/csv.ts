/** One line of a CSV file (RFC 4180). A cell is quoted where it would be read as something else. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string): string {
  return /[",;\r\n\t]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * A spreadsheet takes a cell that begins so for a formula, whatever a file says; an apostrophe in front makes it text again.
 * Only what somebody may have typed is treated so: amounts below zero stay numbers.
 */
export function safeCell(text: string): string {
  return /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
}
