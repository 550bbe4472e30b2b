/** Remembers signatures for as long as they are valid. */
export type ReplayGuard = {
  /** Whether this signature, made at this second, was taken before; it is taken now. */
  take(atSeconds: number, nowSeconds: number, signature: string): boolean;
  readonly size: number;
};

/**
 * A window of the signatures that were accepted, kept by the second they were made at: a signature is made over that
 * second, so the same one always stands in the same set, and whole sets are dropped when their second is too old to
 * be accepted. In memory of this node, and only of callers whose signature was right.
 */
export function replayGuard(skewSeconds: number): ReplayGuard {
  const bySecond = new Map<number, Set<string>>();
  let sweptAt = 0;

  function sweep(nowSeconds: number): void {
    sweptAt = nowSeconds;
    for (const second of bySecond.keys()) if (second < nowSeconds - skewSeconds) bySecond.delete(second);
  }

  return {
    take(atSeconds, nowSeconds, signature) {
      if (nowSeconds !== sweptAt) sweep(nowSeconds);
      let taken = bySecond.get(atSeconds);
      if (taken === undefined) {
        taken = new Set();
        bySecond.set(atSeconds, taken);
      }
      if (taken.has(signature)) return true;
      taken.add(signature);
      return false;
    },
    get size() {
      let size = 0;
      for (const taken of bySecond.values()) size += taken.size;
      return size;
    },
  };
}
