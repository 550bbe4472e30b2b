/**
 * Patterns that makers of plans write, matched in steps that grow with text times pattern and never explode: a regular expression
 * of JavaScript can take minutes on one text. Known are sequences, `|`, groups, `.`, classes, escapes and the repetitions
 * `* + ? {n} {n,} {n,m}`; a pattern stands for the whole text, so `^` and `$` are only allowed at its ends.
 */
export type Pattern = { readonly matches: (text: string) => boolean };

type Node =
  | { readonly kind: 'one'; readonly test: (letter: string) => boolean }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'either'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

const depthMax = 4;
const countMax = 255;

/** Undefined when it is none. */
export function parsePattern(source: string): Pattern | undefined {
  const inner = source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  const state: State = { text: inner, at: 0, depth: 0 };
  const node = parseEither(state);
  if (node === undefined || state.at < inner.length) return undefined;
  return {
    matches: (text) => {
      const letters = Array.from(text);
      return reach(node, letters, new Set([0])).has(letters.length);
    },
  };
}

type State = { readonly text: string; at: number; depth: number };

function parseEither(state: State): Node | undefined {
  const nodes: Node[] = [];
  for (;;) {
    const node = parseSequence(state);
    if (node === undefined) return undefined;
    nodes.push(node);
    if (state.text[state.at] !== '|') break;
    state.at += 1;
  }
  return nodes.length === 1 ? nodes[0] : { kind: 'either', nodes };
}

function parseSequence(state: State): Node | undefined {
  const nodes: Node[] = [];
  while (state.at < state.text.length && !'|)'.includes(state.text[state.at]!)) {
    const node = parseAtom(state);
    const repeated = node && parseRepeat(state, node);
    if (repeated === undefined) return undefined;
    nodes.push(repeated);
  }
  return { kind: 'sequence', nodes };
}

function parseAtom(state: State): Node | undefined {
  const letter = state.text[state.at]!;
  if (letter === '(') return parseGroup(state);
  if ('*+?{}^$]'.includes(letter)) return undefined;
  const source =
    letter === '['
      ? /^\[\^?(?:\\[\w\W]|[^\\\]])+\]/.exec(state.text.slice(state.at))?.[0]
      : letter === '\\'
        ? /^\\(?:[dDwWsS]|[^\w])/.exec(state.text.slice(state.at))?.[0]
        : String.fromCodePoint(state.text.codePointAt(state.at)!);
  const test = source && letterTest(source);
  if (source === undefined || test === undefined || test === '') return undefined;
  state.at += source.length;
  return { kind: 'one', test };
}

/** One letter at a time is what an expression of JavaScript is safe for. */
function letterTest(source: string): ((letter: string) => boolean) | undefined {
  try {
    const expression = new RegExp(`^${source}$`, 'su');
    return (letter) => expression.test(letter);
  } catch {
    return undefined;
  }
}

function parseGroup(state: State): Node | undefined {
  state.depth += 1;
  if (state.depth > depthMax) return undefined;
  state.at += state.text.startsWith('(?:', state.at) ? 3 : 1;
  const node = parseEither(state);
  if (state.text[state.at] !== ')') return undefined;
  state.at += 1;
  state.depth -= 1;
  return node;
}

function parseRepeat(state: State, node: Node): Node | undefined {
  const written = /^(?:[*+?]|\{(\d{1,3})(,(\d{1,3})?)?\})/.exec(state.text.slice(state.at));
  if (written === null) return node;
  state.at += written[0].length;
  const [sign, least, comma, most] = written;
  const min = least === undefined ? (sign === '+' ? 1 : 0) : Number(least);
  const max =
    least === undefined
      ? sign === '?'
        ? 1
        : Infinity
      : comma === undefined
        ? min
        : most === undefined
          ? Infinity
          : Number(most);
  if (min > max || min > countMax || (max !== Infinity && max > countMax)) return undefined;
  return { kind: 'repeat', node, min, max };
}

/** The places that can be reached from some places: sets, so that no place is gone through twice. */
function reach(node: Node, letters: readonly string[], from: ReadonlySet<number>): Set<number> {
  switch (node.kind) {
    case 'one':
      return new Set([...from].filter((at) => at < letters.length && node.test(letters[at]!)).map((at) => at + 1));
    case 'sequence': {
      let places = new Set(from);
      for (const one of node.nodes) places = reach(one, letters, places);
      return places;
    }
    case 'either':
      return new Set(node.nodes.flatMap((one) => [...reach(one, letters, from)]));
    case 'repeat':
      return repeated(node, letters, from);
  }
}

function repeated(
  { node, min, max }: Extract<Node, { kind: 'repeat' }>,
  letters: readonly string[],
  from: ReadonlySet<number>,
): Set<number> {
  let places = new Set(from);
  for (let count = 0; count < min && places.size > 0; count += 1) places = reach(node, letters, places);
  const all = new Set(places);
  for (let count = min; count < max && places.size > 0; count += 1) {
    places = new Set([...reach(node, letters, places)].filter((at) => !all.has(at)));
    for (const at of places) all.add(at);
  }
  return all;
}
