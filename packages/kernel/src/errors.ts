/** What went wrong, in the few kinds that every surface maps to its own statuses. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'limited'
  | 'unavailable'
  | 'bug';

/** One reason of a refusal. `field` is a dotted path in the request as its sender spelled it (`lines.0.quantity`). */
export type Reason = {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
};

export type ErrorOptions = {
  readonly field?: string;
  /** For operators and logs only; never sent to a caller. */
  readonly internal?: string;
  readonly cause?: unknown;
  /** Every reason, when there are several; the error's own code and field are those of the first. */
  readonly reasons?: readonly Reason[];
  /** Facts that help to mend the request, safe to show (for example the nearest valid request). */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which trying again makes sense (kinds `limited` and `unavailable`). */
  readonly retryAfterSeconds?: number;
};

/**
 * A refusal or a failure with a stable name.
 * `code` is `module.reason` and never changes; `message` is for the caller and says what to do.
 */
export class TierlineError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly field: string | undefined;
  readonly internal: string | undefined;
  readonly reasons: readonly Reason[];
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TierlineError';
    this.code = code;
    this.kind = kind;
    this.field = options.field ?? options.reasons?.[0]?.field;
    this.internal = options.internal;
    this.reasons = options.reasons ?? [{ code, message, ...(this.field === undefined ? {} : { field: this.field }) }];
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A refusal of kind `invalid` that carries all reasons at once. Throws if there are none: that is a bug of the caller. */
export function invalid(reasons: readonly Reason[], details?: Readonly<Record<string, unknown>>): TierlineError {
  const first = reasons[0];
  if (first === undefined) throw new TierlineError('kernel.no_reason', 'bug', 'A refusal needs a reason.');
  return new TierlineError(first.code, 'invalid', first.message, {
    reasons,
    ...(details === undefined ? {} : { details }),
  });
}

/** `price list` -> `price_lists`: codes begin with the plural noun. */
function codePrefix(what: string): string {
  return `${what.replaceAll(' ', '_')}s`;
}

/** The answer for a thing that is not there, and for a thing of another tenant: the two look the same. */
export function notFound(what: string, field?: string): TierlineError {
  const code = `${codePrefix(what)}.not_found`;
  return new TierlineError(code, 'not_found', `There is no such ${what}.`, field === undefined ? {} : { field });
}

/** The thing was changed by somebody else since the caller read it. */
export function versionMismatch(what: string, currentVersion?: number): TierlineError {
  return new TierlineError(
    `${codePrefix(what)}.version_mismatch`,
    'conflict',
    `The ${what} was changed meanwhile. Read it again and repeat the change on its current version.`,
    currentVersion === undefined ? {} : { details: { current_version: currentVersion } },
  );
}

/**
 * Whether a write came too late: the thing was changed between being read and being written. Who said which version the
 * change is for has the current one in the refusal; without it, nobody's condition failed, and deciding anew may succeed.
 */
export function isLostRace(value: unknown): boolean {
  return isTierlineError(value) && isVersionMismatch(value) && value.details?.['current_version'] === undefined;
}

/** Whether the refusal is that of {@link versionMismatch}. */
export function isVersionMismatch({ code, kind }: TierlineError): boolean {
  return kind === 'conflict' && code.endsWith('.version_mismatch');
}

export function isTierlineError(value: unknown): value is TierlineError {
  return value instanceof TierlineError;
}
