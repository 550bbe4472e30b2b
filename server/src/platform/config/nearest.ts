/** How many single letters have to be put in, taken out, replaced or swapped with a neighbor to get from one to the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        (last[column] ?? Infinity) + 1,
        (current[column - 1] ?? Infinity) + 1,
        (last[column - 1] ?? Infinity) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? Infinity) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? Infinity;
}

/** Letters only, in one case and without our prefix, so that `database-url` and `TIERLINE_DATABASE_URL` are near `DATABASE_URL`. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .toLowerCase()
    .replace(/^tierline_/, '')
    .replaceAll(/[^a-z0-9]/g, '');
}

/** The candidate that was most likely meant, or undefined when none is near (a third of its letters, at most 4, may differ). */
export function nearest(spelled: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(spelled);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const name = plain(candidate);
    const away = distance(wanted, name);
    const limit = Math.min(4, Math.ceil(name.length / 3));
    if (away <= limit && away < bestDistance) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
}
