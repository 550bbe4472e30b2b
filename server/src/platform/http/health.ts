/** Proves that something the server needs is there; throws when it is not. */
export type HealthCheck = () => Promise<void>;

export type HealthReport = { readonly ready: boolean; readonly reasons: readonly string[] };

/** Whether the server may be sent requests. It starts as "starting"; main marks it ready. */
export type Health = {
  /** `name` is shown to callers, the check's error is not. */
  addCheck(name: string, check: HealthCheck): void;
  markReady(): void;
  markStopping(): void;
  report(): Promise<HealthReport>;
};

/** @param checkTimeoutMs a check that takes longer counts as failed, so that the report itself never hangs */
export function createHealth(checkTimeoutMs = 2000): Health {
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  const checks = new Map<string, HealthCheck>();
  return {
    addCheck: (name, check) => void checks.set(name, check),
    markReady: () => {
      if (state === 'starting') state = 'ready';
    },
    markStopping: () => {
      state = 'stopping';
    },
    async report() {
      if (state !== 'ready') return { ready: false, reasons: [`the server is ${state}`] };
      const results = await Promise.all(
        [...checks].map(async ([name, check]) => ((await passes(check, checkTimeoutMs)) ? [] : [`${name} failed`])),
      );
      const reasons = results.flat();
      return { ready: reasons.length === 0, reasons };
    },
  };
}

async function passes(check: HealthCheck, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const done = Promise.resolve()
    .then(check)
    .then(
      () => true,
      () => false,
    );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
