import type { Problem } from '@tierline/contract';

export type ApiReason = { readonly code: string; readonly field: string | undefined; readonly detail: string };

/** A refusal or failure that the server answered. `reasons` holds everything that was wrong, in the server's words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly reasons: readonly ApiReason[];
  /** For questions to whoever runs the server. */
  readonly requestId: string | undefined;
  /** The whole answer, with facts that help to mend the request (`nearest_valid`, `current_version`). */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, requestId: string | undefined, problem: Partial<Problem>) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? 'client.unreadable_answer';
    this.field = problem.field;
    this.reasons = (problem.errors ?? []).map(({ code, field, detail }) => ({ code, field, detail }));
    this.requestId = requestId ?? problem.request_id;
    this.problem = problem;
  }
}
