import { SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

// The API's stand-in until an SDK registers itself, at whatever time; then the real one.
const tracer = trace.getTracer('tierline');

/**
 * Runs `fn` inside a span. Without an OpenTelemetry SDK in the process a span is an empty object and nothing is kept.
 * An error marks the span and goes on to the caller.
 */
export function inSpan<Result>(name: string, attributes: Attributes, fn: () => Result): Result {
  return tracer.startActiveSpan(name, { attributes }, (span) => {
    const fail = (error: unknown): void => {
      if (error instanceof Error) span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
    let result: Result;
    try {
      result = fn();
    } catch (error) {
      fail(error);
      throw error;
    }
    if (result instanceof Promise) result.then(() => span.end(), fail);
    else span.end();
    return result;
  });
}
