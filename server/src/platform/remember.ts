/**
 * A bounded memory of things that are valid under a revision. When the revision moved on, the thing is loaded again;
 * what was not used for longest is forgotten first. Concurrent loads of one key are one load.
 */
export type Remembered<Value> = {
  /** The remembered value, when it is of this revision. */
  peek(key: string, revision: bigint): Value | undefined;
  get(key: string, revision: bigint, load: () => Promise<Value>): Promise<Value>;
  put(key: string, revision: bigint, value: Value): void;
  readonly size: number;
};

type Entry<Value> = { readonly revision: bigint; readonly value: Value; readonly weight: number };

/** `weigh` says what a value counts against `weightMax`; by default each counts one. */
export function remember<Value>(weightMax: number, weigh: (value: Value) => number = () => 1): Remembered<Value> {
  const entries = new Map<string, Entry<Value>>();
  const loading = new Map<string, { revision: bigint; promise: Promise<Value> }>();
  let weight = 0;

  function drop(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    weight -= entry.weight;
    entries.delete(key);
  }

  function put(key: string, revision: bigint, value: Value): void {
    drop(key);
    const entry = { revision, value, weight: weigh(value) };
    if (entry.weight > weightMax) return;
    entries.set(key, entry);
    weight += entry.weight;
    while (weight > weightMax) drop(entries.keys().next().value!);
  }

  function peek(key: string, revision: bigint): Value | undefined {
    const entry = entries.get(key);
    if (entry === undefined || entry.revision !== revision) return undefined;
    return entry.value;
  }

  return {
    peek,
    put,
    get size() {
      return entries.size;
    },
    async get(key, revision, load) {
      const known = peek(key, revision);
      if (known !== undefined) {
        // Moving the entry to the end makes the map's order the order of use; only this slower path pays for it.
        const entry = entries.get(key)!;
        entries.delete(key);
        entries.set(key, entry);
        return known;
      }
      const under = loading.get(key);
      if (under !== undefined && under.revision === revision) return under.promise;
      const promise = load()
        .then((value) => {
          put(key, revision, value);
          return value;
        })
        .finally(() => {
          if (loading.get(key)?.promise === promise) loading.delete(key);
        });
      loading.set(key, { revision, promise });
      return promise;
    },
  };
}
