import { SpanStatusCode, trace, type Span, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { inSpan } from './index.ts';

test('without an SDK the function runs and its result or error comes back', async () => {
  expect(inSpan('work', {}, () => 7)).toBe(7);
  await expect(inSpan('work', {}, async () => 'later')).resolves.toBe('later');
  expect(() =>
    inSpan('work', {}, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
});

test('with a provider each span has its name and attributes, is marked by an error and ended once', async () => {
  const seen: string[] = [];
  const noop = trace.getTracer('x').startSpan('x');
  const startSpan: Tracer['startSpan'] = (name, options) => {
    seen.push(`start ${name} ${JSON.stringify(options?.attributes)}`);
    const span = Object.create(noop) as Span;
    span.end = () => void seen.push(`end ${name}`);
    span.setStatus = (status) => {
      seen.push(`${name} ${SpanStatusCode[status.code]}`);
      return span;
    };
    return span;
  };
  const startActiveSpan = (name: string, options: object, fn: (span: Span) => unknown) => fn(startSpan(name, options));
  const tracer: unknown = { startSpan, startActiveSpan };
  const provider: TracerProvider = { getTracer: () => tracer as Tracer };
  trace.setGlobalTracerProvider(provider);
  await inSpan('good', { lines: 2 }, async () => undefined);
  await expect(inSpan('bad', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(seen).toEqual(['start good {"lines":2}', 'end good', 'start bad {}', 'bad ERROR', 'end bad']);
});
