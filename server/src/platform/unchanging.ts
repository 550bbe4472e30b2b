/**
 * Facts that never change once they are there, so each is read once: what is not known of those that are asked for is loaded together.
 * What was read first is forgotten first; what is not found is asked for again.
 */
export function unchanging<Item, Key, Fact>(
  max: number,
  keyOf: (item: Item) => Key,
  load: (missing: readonly Item[]) => Promise<ReadonlyMap<Key, Fact>>,
): (items: readonly Item[]) => Promise<Map<Key, Fact>> {
  const known = new Map<Key, Fact>();

  return async (items) => {
    const missing = items.filter((item) => !known.has(keyOf(item)));
    const loaded = missing.length === 0 ? undefined : await load(missing);
    const found = new Map<Key, Fact>();
    for (const item of items) {
      const key = keyOf(item);
      const fact = loaded?.get(key) ?? known.get(key);
      if (fact !== undefined) found.set(key, fact);
    }
    for (const [key, fact] of loaded ?? []) {
      if (known.size >= max) known.delete(known.keys().next().value!);
      known.set(key, fact);
    }
    return found;
  };
}
