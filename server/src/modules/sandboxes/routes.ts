import { sandboxRoutes, type Sandbox as Shown } from '@tierline/contract';
import { afterId, created, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AdvanceWanted, Sandbox } from './sandbox.ts';
import type { SandboxesService } from './service.ts';

export function bindSandboxes(bind: Bind<Principal>, { sandboxes }: { readonly sandboxes: SandboxesService }): void {
  bind(sandboxRoutes.listSandboxes, async ({ caller, query }) => {
    const after = afterId<'account'>(query);
    const rows = await sandboxes.list({ of: caller.accountId, after, limit: query.limit + 1 });
    return ok(pageById(rows, query, showSandbox));
  });

  bind(sandboxRoutes.createSandbox, async ({ caller, body, cause }) => {
    const own = caller.node.account;
    const { sandbox, key } = await sandboxes.create(cause, caller.accountId, {
      name: body.name,
      currency: body.currency ?? own.currency,
      timeZone: body.time_zone ?? own.timeZone,
      country: body.country ?? own.country,
      language: body.language ?? own.language,
      startsAt: body.starts_at,
    });
    return created({ sandbox: showSandbox(sandbox), key }, sandbox.version);
  });

  bind(sandboxRoutes.getSandbox, async ({ caller, params }) => {
    const sandbox = await sandboxes.get(caller.accountId, params.sandbox_id);
    return ok(showSandbox(sandbox), sandbox.version);
  });

  bind(sandboxRoutes.advanceSandbox, async ({ caller, params, body, cause }) => {
    // The contract lets exactly one of them through.
    const wanted: AdvanceWanted = body.by === undefined ? { to: body.to! } : { by: body.by };
    const sandbox = await sandboxes.advance(cause, caller.accountId, params.sandbox_id, wanted);
    return ok(showSandbox(sandbox), sandbox.version);
  });
}

function showSandbox(sandbox: Sandbox): Shown {
  return {
    id: sandbox.id,
    name: sandbox.name,
    now_at: sandbox.nowAt,
    status: sandbox.status,
    advancing_to: sandbox.advancingTo,
    created_by: sandbox.createdBy,
    version: sandbox.version,
    created_at: sandbox.createdAt,
  };
}
