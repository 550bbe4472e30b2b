import { plainArrayLiteral } from './array-literal.ts';

/** A row of a batch, with the place of what it belongs to, counted from 1 as SQL does. */
export type Placed<Row> = { readonly place: number; readonly row: Row };

/** The rows that belong to each member of a batch. */
export function placed<Of, Row>(batch: readonly Of[], rowsOf: (of: Of) => readonly Row[]): Placed<Row>[] {
  return batch.flatMap((of, index) => rowsOf(of).map((row) => ({ place: index + 1, row })));
}

/** Columns of a table, from rows: the shape in which unnest takes them. */
export function columns<Row>(rows: readonly Row[], ...pick: readonly ((row: Row) => unknown)[]): unknown[][] {
  return pick.map((of) => rows.map(of));
}

type Plain = string | number | bigint | boolean;

/** Columns whose values are never null and never need quotes: ids, numbers, dates, codes. */
export function plainColumns<Row>(rows: readonly Row[], ...pick: readonly ((row: Row) => Plain)[]): string[] {
  return pick.map((of) => plainArrayLiteral(rows.map(of)));
}

/** Values that are JSON already, as one JSON array: in an array of texts each quote would be escaped, and unescaped there. */
export function jsonArray(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
