import { ApiError } from '@tierline/client';
import { isTierlineError, type ErrorKind } from '@tierline/kernel';
import { exitCodeOfStatus, exitCodes, type ExitCode } from './exit.ts';

/** A command that can't go on, for a reason that its caller can do something about. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exit: keyof typeof exitCodes, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCodes[exit];
  }
}

/** What is said about a failure: never a stack, and everything at once. */
export type Failure = {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly reasons: readonly { readonly field?: string; readonly message: string }[];
  readonly requestId?: string;
  readonly advice?: string;
};

export function failureOf(error: unknown, url: string | undefined): Failure {
  if (error instanceof CommandError) return plain(error.exitCode, 'cli.refused', error.message);
  if (error instanceof ApiError) return ofApi(error);
  if (isTierlineError(error)) {
    const exitCode = error.code.startsWith('config.') ? exitCodes.usage : exitCodeOfKind(error.kind);
    const reasons = error.reasons.map(({ field, message }) => reason(field, message));
    return { exitCode, code: error.code, message: error.message, reasons };
  }
  if (isInterrupt(error)) return plain(exitCodes.interrupted, 'cli.interrupted', 'Interrupted.');
  const cause = networkCauseOf(error);
  if (cause !== undefined) {
    const message = `There is no answer from ${url ?? 'the server'} (${cause}).`;
    const advice = 'Is it running? `tierline start --demo` starts one here; --url and TIERLINE_URL name another.';
    return { ...plain(exitCodes.unavailable, 'cli.unavailable', message), advice };
  }
  return plain(exitCodes.failed, 'cli.failed', error instanceof Error ? error.message : String(error));
}

function plain(exitCode: ExitCode, code: string, message: string): Failure {
  return { exitCode, code, message, reasons: [] };
}

function reason(field: string | undefined, message: string): Failure['reasons'][number] {
  return field === undefined ? { message } : { field, message };
}

function ofApi(error: ApiError): Failure {
  const { status, code, message, reasons, requestId } = error;
  const advice = adviceOf(status);
  return {
    exitCode: exitCodeOfStatus(status),
    code,
    message,
    reasons: reasons.map(({ field, detail }) => reason(field, detail)),
    ...(requestId === undefined ? {} : { requestId }),
    ...(advice === undefined ? {} : { advice }),
  };
}

function adviceOf(status: number): string | undefined {
  switch (status) {
    case 401:
      return 'Give a valid key with --api-key or TIERLINE_API_KEY; `tierline key create` makes one.';
    case 403:
      return 'Another role or account may do this; `tierline status` shows who you are.';
    case 412:
      return 'Read it again and repeat the change on what is there now.';
    default:
      return undefined;
  }
}

function exitCodeOfKind(kind: ErrorKind): ExitCode {
  switch (kind) {
    case 'not_found':
      return exitCodes.notFound;
    case 'unauthenticated':
    case 'forbidden':
      return exitCodes.notAllowed;
    case 'conflict':
      return exitCodes.conflict;
    case 'limited':
      return exitCodes.tryLater;
    case 'unavailable':
      return exitCodes.unavailable;
    case 'invalid':
    case 'bug':
      return exitCodes.failed;
  }
}

/** fetch hides why it failed in the cause of its error; undefined when it was not the network. */
function networkCauseOf(error: unknown): string | undefined {
  let deepest: string | undefined;
  for (let at = error; at instanceof Error; at = at.cause) {
    deepest = at.message;
    if ('code' in at && typeof at.code === 'string' && isNetwork(at.code)) return at.code;
  }
  // The one message that fetch has for whatever happens below it; `terminated`: the answer broke off.
  const isFetch = error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message);
  return isFetch ? deepest : undefined;
}

function isNetwork(code: string): boolean {
  return /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|UND_ERR|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED)/.test(code);
}

function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
