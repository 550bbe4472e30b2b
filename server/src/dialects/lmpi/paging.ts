import type { Fields } from './request.ts';

/** A page of a list, counted from 1 (LMPI reference, part 1, 2). */
export type Page = { readonly page: number; readonly limit: number; readonly offset: number };

export function readPage(query: Fields): Page {
  const page = query.optionalInteger('page', { min: 1, max: 999_999_999 }) ?? 1;
  const limit = query.optionalInteger('limit', { min: 1, max: 100 }) ?? 25;
  return { page, limit, offset: (page - 1) * limit };
}

/** What is told of the page; one past the end is empty and has the same total. */
export function pagingToWire(total: number, { page, limit }: Page) {
  return { total, limit, page };
}
