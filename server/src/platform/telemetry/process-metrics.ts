import type { Metrics } from './metrics.ts';

const lagIntervalMs = 500;

/** Registers what is known of the process itself. `stop()` ends the watch over the event loop. */
export function registerProcessMetrics(metrics: Metrics): { stop(): void } {
  const startedAtSeconds = Math.round(Date.now() / 1000 - process.uptime());
  metrics.gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started, in seconds since 1970.',
    collect: () => startedAtSeconds,
  });
  metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process that is in RAM.',
    collect: () => process.memoryUsage.rss(),
  });
  let lagSeconds = 0;
  let expected = performance.now() + lagIntervalMs;
  const timer = setInterval(() => {
    const now = performance.now();
    lagSeconds = Math.max(0, now - expected) / 1000;
    expected = now + lagIntervalMs;
  }, lagIntervalMs);
  timer.unref();
  metrics.gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'How late the last timer was; what else waits in the process waits as long.',
    collect: () => lagSeconds,
  });
  return { stop: () => clearInterval(timer) };
}
