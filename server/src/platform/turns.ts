import { setImmediate } from 'node:timers/promises';

/**
 * Long work in turns: call it between pieces, and every few milliseconds it lets requests that came in meanwhile be answered in
 * between. Work that is over sooner never waits.
 */
export function turns(sliceMs = 2): () => Promise<void> | undefined {
  let sliceEnds = performance.now() + sliceMs;
  return () => {
    if (performance.now() < sliceEnds) return undefined;
    return setImmediate().then(() => {
      sliceEnds = performance.now() + sliceMs;
    });
  };
}
