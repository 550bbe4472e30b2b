import { TierlineError } from '@tierline/kernel';

/**
 * A registry of Prometheus metrics in its text format 0.0.4. Our own, since counting stands on the hot path: callers
 * resolve the child of their label values once and then add to a plain number.
 */
export type Metrics = {
  counter(options: MetricOptions): Counter;
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram;
  /** A value that is asked for when the metrics are read. */
  gauge(options: MetricOptions & { readonly collect: () => number | readonly GaugeSample[] }): void;
  /** All metrics in the text format. */
  text(): string;
};

export type MetricOptions = { readonly name: string; readonly help: string; readonly labelNames?: readonly string[] };
export type GaugeSample = { readonly labels: readonly string[]; readonly value: number };
export type CounterChild = { inc(by?: number): void };
export type HistogramChild = { observe(value: number): void };
/** `labels(...)` takes the values in the order of `labelNames` and answers the same child for the same values. */
export type Counter = CounterChild & { labels(...values: readonly string[]): CounterChild };
export type Histogram = HistogramChild & { labels(...values: readonly string[]): HistogramChild };

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Bounds in seconds for the time a request takes. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export function createMetrics(): Metrics {
  const families = new Map<string, () => string>();
  const register = (options: MetricOptions, type: string, samples: () => string): void => {
    check(options, families);
    const head = `# HELP ${options.name} ${escapeHelp(options.help)}\n# TYPE ${options.name} ${type}\n`;
    families.set(options.name, () => head + samples());
  };
  return {
    counter(options) {
      const children = childrenOf(options, (labels) => new CounterValue(options.name, labels));
      register(options, 'counter', () => children.all().map(String).join(''));
      startAtZero(options, children);
      return { inc: (by) => children.of([]).inc(by), labels: (...values) => children.of(values) };
    },
    histogram(options) {
      const children = childrenOf(options, (labels) => new HistogramValue(options.name, labels, options.buckets));
      register(options, 'histogram', () => children.all().map(String).join(''));
      startAtZero(options, children);
      return { observe: (value) => children.of([]).observe(value), labels: (...values) => children.of(values) };
    },
    gauge(options) {
      register(options, 'gauge', () => gaugeText(options));
    },
    text: () => [...families.values()].map((family) => family()).join(''),
  };
}

class CounterValue {
  #value = 0;
  readonly #head: string;

  constructor(name: string, labels: string) {
    this.#head = name + braced(labels);
  }

  inc(by = 1): void {
    this.#value += by;
  }

  toString(): string {
    return `${this.#head} ${format(this.#value)}\n`;
  }
}

class HistogramValue {
  readonly #name: string;
  readonly #labels: string;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(name: string, labels: string, bounds: readonly number[]) {
    this.#name = name;
    this.#labels = labels;
    this.#bounds = bounds;
    // The last one counts what is over every bound.
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > this.#bounds[at]!) at += 1;
    this.#counts[at]! += 1;
    this.#sum += value;
  }

  toString(): string {
    const comma = this.#labels === '' ? '' : ',';
    let total = 0;
    let text = '';
    for (const [at, count] of this.#counts.entries()) {
      total += count;
      const bound = this.#bounds[at];
      const le = bound === undefined ? '+Inf' : format(bound);
      text += `${this.#name}_bucket{${this.#labels}${comma}le="${le}"} ${total}\n`;
    }
    const labels = braced(this.#labels);
    return `${text}${this.#name}_sum${labels} ${format(this.#sum)}\n${this.#name}_count${labels} ${total}\n`;
  }
}

type Children<Child> = { of(values: readonly string[]): Child; all(): Child[] };

function childrenOf<Child>(options: MetricOptions, make: (labels: string) => Child): Children<Child> {
  const children = new Map<string, Child>();
  return {
    of(values) {
      const labels = labelText(options, values);
      let child = children.get(labels);
      if (child === undefined) {
        child = make(labels);
        children.set(labels, child);
      }
      return child;
    },
    all: () => [...children.values()],
  };
}

/** A metric without labels is there from the start, as 0: a rate over it needs a first value. */
function startAtZero(options: MetricOptions, children: Children<unknown>): void {
  if ((options.labelNames ?? []).length === 0) children.of([]);
}

function gaugeText(options: MetricOptions & { readonly collect: () => number | readonly GaugeSample[] }): string {
  const collected = options.collect();
  const samples = typeof collected === 'number' ? [{ labels: [], value: collected }] : collected;
  return samples
    .map((sample) => `${options.name}${braced(labelText(options, sample.labels))} ${format(sample.value)}\n`)
    .join('');
}

function check(options: MetricOptions, families: ReadonlyMap<string, unknown>): void {
  const bad = (message: string) => new TierlineError('telemetry.bad_metric', 'bug', message);
  if (families.has(options.name)) throw bad(`The metric ${options.name} is registered twice.`);
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(options.name)) throw bad(`${options.name} cannot name a metric.`);
  for (const label of options.labelNames ?? []) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label === 'le') throw bad(`${label} cannot name a label.`);
  }
}

function labelText(options: MetricOptions, values: readonly string[]): string {
  const names = options.labelNames ?? [];
  if (names.length !== values.length) {
    throw new TierlineError('telemetry.bad_metric', 'bug', `${options.name} has ${names.length} labels.`);
  }
  return names.map((name, at) => `${name}="${escapeLabel(values[at] ?? '')}"`).join(',');
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function format(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
