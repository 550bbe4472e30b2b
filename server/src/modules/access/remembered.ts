import { nowMs, type Clock } from '@tierline/kernel';
import type { AccountNode, Directory } from '../accounts/index.ts';

/** Something found of an account, and until when it may be believed without looking again. */
export type Found<Value> = { readonly value: Value; readonly node: AccountNode; readonly goodUntilMs: number };

export type Remembered<Value> = {
  /** What is remembered and still good, without waiting. */
  peek(key: string): Value | undefined;
  /** What is remembered, or else what `load` finds. Callers at the same time share one load. */
  get(key: string, load: () => Promise<Found<Value> | undefined>): Promise<Value | undefined>;
  /** Also stops what is being loaded from being remembered. */
  forgetWhere(matches: (key: string) => boolean): void;
};

type Options = {
  readonly directory: Pick<Directory, 'peek'>;
  readonly clock: Clock;
  /** Counts the changes of any account that this node has noticed. */
  readonly generation: () => number;
  readonly max?: number;
};

/**
 * A bounded memory of credentials. The directory drops the node of an account as soon as this node of the server
 * notices a change of the account, of one above it, or of whoever may act for it; so an entry is good exactly while
 * the directory still holds the very node it was made with. No listener, no sweep over all entries.
 */
export function remembered<Value>({ directory, clock, generation, max = 50_000 }: Options): Remembered<Value> {
  const entries = new Map<string, Found<Value>>();
  const loading = new Map<string, { began: number; promise: Promise<Value | undefined> }>();
  let forgets = 0;

  function peek(key: string): Value | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const { goodUntilMs, node } = entry;
    if (directory.peek(node.account.id) === node && (goodUntilMs === Infinity || nowMs(clock) < goodUntilMs)) {
      return entry.value;
    }
    entries.delete(key);
    return undefined;
  }

  async function loadAndKeep(key: string, began: number, load: () => Promise<Found<Value> | undefined>) {
    const found = await load();
    if (found === undefined) return undefined;
    // What was read before a change must not be remembered after it.
    if (began === generation() + forgets) {
      if (entries.size >= max) entries.delete(entries.keys().next().value!);
      entries.set(key, found);
    }
    return found.value;
  }

  return {
    peek,
    async get(key, load) {
      const known = peek(key);
      if (known !== undefined) return known;
      const began = generation() + forgets;
      const underWay = loading.get(key);
      if (underWay?.began === began) return underWay.promise;
      const promise = loadAndKeep(key, began, load).finally(() => {
        if (loading.get(key)?.promise === promise) loading.delete(key);
      });
      loading.set(key, { began, promise });
      return promise;
    },
    forgetWhere(matches) {
      forgets += 1;
      for (const key of entries.keys()) if (matches(key)) entries.delete(key);
    },
  };
}
