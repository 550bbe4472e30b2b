import type { AccountId, EventId } from '@tierline/kernel';

/** What happened. Never changed, never removed. JSON-safe. */
export type Event = {
  readonly id: EventId;
  /** The account whose log it is in: the owner of the thing that changed. */
  readonly ownerId: AccountId;
  readonly type: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly actor: string;
  readonly requestId: string | null;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
};
