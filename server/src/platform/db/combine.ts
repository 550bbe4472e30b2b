/**
 * Combines concurrent calls into one: while a batch is under way, what arrives waits and goes together in the next.
 * Alone, a call goes at once, so combining adds no delay; under load it turns many statements into one.
 *
 * `run` answers one result per item, in order. When a batch of several is refused as a whole because of one item's data
 * (`isRefusal`), each item is run again alone, so that the bad one fails by itself and the others succeed. Any other
 * error goes to all: it doesn't tell whether the batch was committed, and running it again would be a guess.
 */
export type CombineOptions<Item, Result> = {
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly batchMax: number;
  /** Batches under way at the same time. */
  readonly parallel: number;
  readonly isRefusal: (error: unknown) => boolean;
};

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

/** A batch of fewer is not sent beside another, nor shared out: it would cost more than it gains. */
const worthwhile = 8;

export function combine<Item, Result>(options: CombineOptions<Item, Result>): (item: Item) => Promise<Result> {
  const queue: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let scheduled = false;

  function pump(): void {
    scheduled = false;
    while (queue.length > 0 && underWay < options.parallel) {
      // A batch costs much more than one more item in it.
      if (underWay > 0 && queue.length < Math.min(worthwhile, options.batchMax)) return;
      // Shared out evenly, or all that wait together would go together and answer together, one batch at a time for ever.
      const share = Math.max(worthwhile, Math.ceil(queue.length / (options.parallel - underWay)));
      const batch = queue.splice(0, Math.min(share, options.batchMax));
      underWay += 1;
      void flush(batch).finally(() => {
        underWay -= 1;
        pump();
      });
    }
  }

  async function flush(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await options.run(batch.map((waiting) => waiting.item));
      for (const [index, waiting] of batch.entries()) {
        const result = results[index];
        if (result === undefined) waiting.reject(new Error('A combined statement answered too few results.'));
        else waiting.resolve(result);
      }
    } catch (error) {
      if (batch.length > 1 && options.isRefusal(error)) await Promise.all(batch.map((waiting) => flush([waiting])));
      else for (const waiting of batch) waiting.reject(error);
    }
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (scheduled) return;
      // A turn of the event loop lets requests that were read together be combined, even when nothing is under way.
      scheduled = true;
      setImmediate(pump);
    });
}
