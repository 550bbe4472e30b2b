import { eventRoutes, type Event as Shown } from '@tierline/contract';
import { afterId, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import type { Event } from './event.ts';
import type { EventsService } from './service.ts';

type Services = { readonly events: EventsService; readonly accounts: AccountsService };

export function bindEvents(bind: Bind<Principal>, { events, accounts }: Services): void {
  bind(eventRoutes.listEvents, async ({ caller, query }) => {
    const within = query.account_id ?? caller.accountId;
    await accounts.visible(caller.accountId, within, 'account_id');
    const { type, subject_id: subjectId, order, limit } = query;
    const rows = await events.page(
      { within, type, subjectId },
      { after: afterId<'event'>(query), limit: limit + 1, descending: order === 'descending' },
    );
    return ok(pageById(rows, query, showEvent));
  });
}

function showEvent(event: Event): Shown {
  return {
    id: event.id,
    owner_id: event.ownerId,
    type: event.type,
    subject_kind: event.subjectKind,
    subject_id: event.subjectId,
    actor: event.actor,
    request_id: event.requestId,
    at: event.at,
    data: event.data,
  };
}
