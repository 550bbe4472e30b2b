export { createAccessLog, type AccessEntry, type AccessLog } from './access-log.ts';
export { createLogger, flushLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export {
  createMetrics,
  durationBuckets,
  metricsContentType,
  type Counter,
  type CounterChild,
  type GaugeSample,
  type Histogram,
  type HistogramChild,
  type MetricOptions,
  type Metrics,
} from './metrics.ts';
export { registerProcessMetrics } from './process-metrics.ts';
export { inSpan } from './tracing.ts';
