import type { AccountId, Temporal } from '@tierline/kernel';
import { commit, findAnswer, once, realTimeOf, type Cause, type Database } from '../../platform/db/index.ts';
import { apiKeyStep, sealedOnce, type AccessDependencies } from '../access/index.ts';
import type { AccountsService, NewAccount } from '../accounts/index.ts';
import { beingAdvanced, noSuchSandbox } from './errors.ts';
import { destination, firstInstant, type AdvanceWanted, type Sandbox } from './sandbox.ts';
import { insertSandbox, selectSandbox, selectSandboxes, updateSandbox, type SandboxFilter } from './store.ts';

/** Whose clock counts: that of a sandbox, or the real one. */
export type ClockDomain = { readonly sandboxId: AccountId | null };

/** What works off everything that is due under one clock. */
export type DueWorker = {
  /**
   * Makes everything happen that is due until an instant, each at its own, in order, and once however often it is called;
   * also when it was cut off before, or when another process is at it. Answers how many things it did.
   */
  runDue(domain: ClockDomain, until: Temporal.Instant): Promise<{ readonly steps: number }>;
};

export type NewSandbox = Omit<NewAccount, 'kind'> & {
  /** What its clock shows first; now when not given. */
  readonly startsAt?: string | undefined;
};

/** A sandbox as just made; `key` acts as owner of its root and is shown this once. */
export type CreatedSandbox = { readonly sandbox: Sandbox; readonly key: string };

export type SandboxesService = ReturnType<typeof sandboxesService>;

type Dependencies = AccessDependencies & {
  readonly db: Database;
  readonly accounts: Pick<AccountsService, 'sandboxRoot' | 'withTenantId'>;
  readonly worker: DueWorker;
};

/** Use cases of sandboxes. Callers have authorized the actor; `of` is the account the actor acts for. */
export function sandboxesService(ground: Dependencies) {
  const { db, accounts, directory, revisions, worker } = ground;
  /** Whose clocks this process is moving. */
  const advancing = new Set<AccountId>();

  function create(cause: Cause, of: AccountId | null, wanted: NewSandbox): Promise<CreatedSandbox> {
    return accounts.withTenantId((tenantId) =>
      sealedOnce(ground, cause, async () => {
        const { startsAt, ...facts } = wanted;
        const at = firstInstant(startsAt, cause.at);
        const root = await accounts.sandboxRoot(facts, at, tenantId);
        const { id, name } = root.account;
        const key = apiKeyStep(db, cause, id, { name: 'First key', role: 'owner' });
        const sandbox: Sandbox = {
          id,
          name,
          nowAt: at.toString(),
          advancingTo: null,
          createdBy: of,
          status: 'standing',
          version: 1,
          createdAt: realTimeOf(cause).toString(),
        };
        const data = { name, starts_at: sandbox.nowAt };
        const told = { type: 'sandbox.created', subjectKind: 'sandbox', subjectId: id, data };
        const events = [
          ...root.step.events,
          ...key.step.events,
          // In the log of whoever made it, at that account's time.
          ...(of === null ? [] : [{ ...told, ownerId: of, at: cause.at }]),
        ];
        const writes = [...root.step.writes, { run: insertSandbox(db, sandbox), expect: 1 }, ...key.step.writes];
        const step = { subjectId: id, writes, events, constraints: root.step.constraints };
        return { answer: { sandbox, key: key.answer.key }, step };
      }),
    );
  }

  async function get(of: AccountId, id: AccountId): Promise<Sandbox> {
    const sandbox = await selectSandbox(db, of, id);
    if (sandbox === undefined) throw noSuchSandbox();
    return sandbox;
  }

  async function advance(cause: Cause, of: AccountId, id: AccountId, wanted: AdvanceWanted): Promise<Sandbox> {
    // Looked up first, unlike elsewhere: to move the clock once more by a month would not be refused.
    const before = await findAnswer<Sandbox>(db, cause.idempotency);
    if (before !== undefined) return before;
    const sandbox = await get(of, id);
    if (advancing.has(id)) throw beingAdvanced();
    advancing.add(id);
    try {
      const { timeZone } = (await directory.get(id)).account;
      return await move(cause, sandbox, destination(sandbox, timeZone, wanted));
    } finally {
      advancing.delete(id);
    }
  }

  /**
   * Three steps, each of which can be the last before the process is killed: where the clock goes is written down, what is due
   * until then happens, the clock shows it. Killed in between, the clock still stands where it stood, and the same
   * advance again finds less to do. Should another node have taken over meanwhile, the last step finds another version.
   */
  async function move(cause: Cause, sandbox: Sandbox, to: Temporal.Instant): Promise<Sandbox> {
    const { id } = sandbox;
    const domain = { sandboxId: id };
    const version = sandbox.version + 1;
    const going: Sandbox = { ...sandbox, status: 'advancing', advancingTo: to.toString(), version };
    const { actor, requestId, at } = cause;
    await write({ actor, requestId, at }, going, []);
    const { steps } = await worker.runDue(domain, to);
    const arrived: Sandbox = {
      ...going,
      nowAt: to.toString(),
      status: 'standing',
      advancingTo: null,
      version: version + 1,
    };
    const data = { from: sandbox.nowAt, to: arrived.nowAt, steps };
    const event = { ownerId: id, type: 'sandbox.advanced', subjectKind: 'sandbox', subjectId: id, data, at: to };
    const answer = await write(cause, arrived, [event]);
    await revisions.refresh();
    // What was bought while the clock moved was bought before, so some of it may be due by now.
    await worker.runDue(domain, to);
    return answer;
  }

  function write(cause: Cause, sandbox: Sandbox, events: Parameters<typeof commit>[1]['events']): Promise<Sandbox> {
    return commit(db, {
      cause,
      subjectId: sandbox.id,
      answer: sandbox,
      writes: [{ run: updateSandbox(db, sandbox), expect: 1, otherwise: beingAdvanced() }],
      events,
      // The time of a tree is remembered with its accounts.
      revise: sandbox.status === 'standing' ? [{ accountId: sandbox.id, what: 'account' }] : [],
    });
  }

  return {
    create,
    get,
    list: (filter: SandboxFilter) => selectSandboxes(db, filter),
    advance: (...input: Parameters<typeof advance>) => once(db, input[0], () => advance(...input)),
  };
}
