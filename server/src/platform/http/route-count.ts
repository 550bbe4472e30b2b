import { durationBuckets, type CounterChild, type HistogramChild, type Metrics } from '../telemetry/index.ts';
import type { CountRoute } from './surface.ts';

/** Counts answers by surface, method, route and status; children are resolved once and kept. */
export function routeCounter(metrics: Metrics): CountRoute {
  const requests = metrics.counter({
    name: 'http_requests_total',
    help: 'Answered requests. HEAD counts as GET; 499 is a client that left.',
    labelNames: ['surface', 'method', 'route', 'status'],
  });
  const durations = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to its answer being ready.',
    labelNames: ['surface', 'route'],
    buckets: durationBuckets,
  });
  const known = new Map<string, ReturnType<CountRoute>>();
  return (surface, method, route) => {
    const key = `${surface} ${method} ${route}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const byStatus = new Map<number, CounterChild>();
    // Made at the first answer: a route nobody calls is no fifteen lines of zeros.
    let duration: HistogramChild | undefined;
    const count: ReturnType<CountRoute> = (status, seconds) => {
      let child = byStatus.get(status);
      if (child === undefined) {
        child = requests.labels(surface, method, route, String(status));
        byStatus.set(status, child);
      }
      child.inc();
      duration ??= durations.labels(surface, route);
      duration.observe(seconds);
    };
    known.set(key, count);
    return count;
  };
}
