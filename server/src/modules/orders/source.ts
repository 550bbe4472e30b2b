import type { PriceSource } from '../pricing/index.ts';

const texts = new WeakMap<PriceSource, string>();

/** A price's origin as it is stored with a charge. Sources are shared by many orders, so their text is made once. */
export function describeSource(source: PriceSource): string {
  let text = texts.get(source);
  if (text === undefined) {
    text = JSON.stringify(source);
    texts.set(source, text);
  }
  return text;
}
