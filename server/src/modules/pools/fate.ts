/**
 * What became of one of a batch: stored; left out, because it was decided with what is not so any more; or refused, since a pool has too
 * few units for it. `again`: too few beside the others of the batch, which take before it; alone it may be stored.
 */
export type Fate = 'stored' | 'left_out' | 'short' | 'again';

/** A row that a statement answers with: the place of what it stored, or of what was short. */
export type FateRow = { readonly place: number; readonly short: boolean; readonly again: boolean | null };

export function fatesOf(count: number, rows: readonly FateRow[]): Fate[] {
  const fates = Array.from({ length: count }, (): Fate => 'left_out');
  for (const { place, short, again } of rows)
    fates[place - 1] = short ? (again === true ? 'again' : 'short') : 'stored';
  return fates;
}

/** Stores a batch; what was short only beside the others has a turn of its own, so that nothing is refused for somebody else's sake. */
export async function storeEach<Write>(
  writes: readonly Write[],
  store: (writes: readonly Write[]) => Promise<readonly Fate[]>,
): Promise<Fate[]> {
  const fates = [...(await store(writes))];
  if (writes.length === 1) return fates.map((fate) => (fate === 'again' ? 'short' : fate));
  for (const [index, fate] of fates.entries()) {
    if (fate !== 'again') continue;
    const [alone = 'left_out'] = await storeEach([writes[index]!], store);
    fates[index] = alone;
  }
  return fates;
}
