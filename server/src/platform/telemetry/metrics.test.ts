import { expect, test } from 'vitest';
import { createMetrics, registerProcessMetrics } from './index.ts';

test('the text format: counters, histograms and gauges with escaped labels', () => {
  const metrics = createMetrics();
  const placed = metrics.counter({
    name: 'orders_placed_total',
    help: 'Orders.\nAll \\ of them.',
    labelNames: ['kind'],
  });
  placed.labels('sales').inc();
  placed.labels('sales').inc(2);
  placed.labels('a"b\\c\nd').inc();
  const seconds = metrics.histogram({ name: 'work_seconds', help: 'Work.', buckets: [0.1, 1] });
  for (const value of [0.1, 0.5, 7]) seconds.observe(value);
  metrics.gauge({
    name: 'db_connections',
    help: 'Connections.',
    labelNames: ['state'],
    collect: () => [
      { labels: ['idle'], value: 3 },
      { labels: ['used'], value: Infinity },
    ],
  });
  expect(metrics.text()).toBe(
    [
      '# HELP orders_placed_total Orders.\\nAll \\\\ of them.',
      '# TYPE orders_placed_total counter',
      'orders_placed_total{kind="sales"} 3',
      'orders_placed_total{kind="a\\"b\\\\c\\nd"} 1',
      '# HELP work_seconds Work.',
      '# TYPE work_seconds histogram',
      'work_seconds_bucket{le="0.1"} 1',
      'work_seconds_bucket{le="1"} 2',
      'work_seconds_bucket{le="+Inf"} 3',
      'work_seconds_sum 7.6',
      'work_seconds_count 3',
      '# HELP db_connections Connections.',
      '# TYPE db_connections gauge',
      'db_connections{state="idle"} 3',
      'db_connections{state="used"} +Inf',
      '',
    ].join('\n'),
  );
});

test('a counter without labels is there as 0 before it counts', () => {
  const metrics = createMetrics();
  const counter = metrics.counter({ name: 'things_total', help: 'Things.' });
  expect(metrics.text()).toContain('\nthings_total 0\n');
  counter.inc();
  expect(metrics.text()).toContain('\nthings_total 1\n');
});

test('a name twice, a bad name and a wrong number of labels are bugs', () => {
  const metrics = createMetrics();
  const counter = metrics.counter({ name: 'one_total', help: 'One.', labelNames: ['a'] });
  const bug: unknown = expect.objectContaining({ code: 'telemetry.bad_metric', kind: 'bug' });
  expect(() => metrics.counter({ name: 'one_total', help: 'One.' })).toThrow(bug);
  expect(() => metrics.counter({ name: 'one-total', help: 'One.' })).toThrow(bug);
  expect(() => metrics.counter({ name: 'two_total', help: 'Two.', labelNames: ['le'] })).toThrow(bug);
  expect(() => counter.labels('a', 'b')).toThrow(bug);
});

test('the process tells its memory, its start and how late its timers are', () => {
  const metrics = createMetrics();
  const watch = registerProcessMetrics(metrics);
  const text = metrics.text();
  watch.stop();
  expect(Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1024 * 1024);
  const startedAt = Number(/^process_start_time_seconds (\d+)$/m.exec(text)?.[1]);
  expect(Math.abs(startedAt - (Date.now() / 1000 - process.uptime()))).toBeLessThan(2);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds [\d.e-]+$/m);
});
