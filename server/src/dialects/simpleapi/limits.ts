import { nowMs as nowMsOf, TierlineError, type Clock } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';

type Window = { startMs: number; calls: number };

const minuteMs = 60_000;
const dayMs = 86_400_000;
const keysMax = 50_000;

/**
 * Counts the calls of each subscription key in the running minute and day, both from the key's first call on (SimpleAPI
 * reference 1.3). A refused call does not count. In memory of this node. The limits are those of the key, or else of the setting.
 */
export function callLimits(
  { simpleapiCallsPerMinute, simpleapiCallsPerDay }: SimpleApiDependencies['settings'],
  clock: Clock,
): (caller: Pick<SimpleApiCaller, 'principal' | 'limits'>) => void {
  const minutes = new Map<string, Window>();
  const days = new Map<string, Window>();
  return ({ principal: { credentialId }, limits }) => {
    const perMinute = limits.perMinute ?? simpleapiCallsPerMinute;
    const perDay = limits.perDay ?? simpleapiCallsPerDay;
    if (perMinute === 0 && perDay === 0) return;
    const nowMs = nowMsOf(clock);
    const counted = [
      { windows: minutes, callsMax: perMinute, lengthMs: minuteMs },
      { windows: days, callsMax: perDay, lengthMs: dayMs },
    ].flatMap(({ windows, callsMax, lengthMs }) =>
      callsMax === 0 ? [] : [{ window: windowOf(windows, credentialId, lengthMs, nowMs), callsMax, lengthMs }],
    );
    for (const { window, callsMax, lengthMs } of counted) {
      if (window.calls >= callsMax) throw overLimit(callsMax, lengthMs, window.startMs + lengthMs - nowMs);
    }
    for (const { window } of counted) window.calls += 1;
  };
}

function windowOf(windows: Map<string, Window>, key: string, lengthMs: number, nowMs: number): Window {
  const running = windows.get(key);
  if (running !== undefined && nowMs < running.startMs + lengthMs) return running;
  // The first of the map is then always the one that began longest ago.
  windows.delete(key);
  if (windows.size >= keysMax) windows.delete(windows.keys().next().value!);
  const window = { startMs: nowMs, calls: 0 };
  windows.set(key, window);
  return window;
}

function overLimit(callsMax: number, lengthMs: number, leftMs: number): TierlineError {
  const per = lengthMs === minuteMs ? 'minute' : 'day';
  const message = `This subscription key may make ${callsMax} calls per ${per}. Wait before the next one.`;
  return new TierlineError('simpleapi.rate_limited', 'limited', message, {
    retryAfterSeconds: Math.ceil(leftMs / 1000),
  });
}
