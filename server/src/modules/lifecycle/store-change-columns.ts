import { formatDecimal, instantText } from '@tierline/kernel';
import { columns, jsonArray, placed, plainColumns, realTimeOf } from '../../platform/db/index.ts';
import { chargeColumns } from '../billing/index.ts';
import { moveColumns } from '../pools/index.ts';
import { lifeText, type Item, type License, type Subscription } from '../subscriptions/index.ts';
import {
  eventsOf,
  givenUp,
  linePosition,
  recordedAt,
  statusOf,
  storedOutcome,
  totalText,
  type ChangeWrite,
} from './change-write.ts';
import { dueOn } from './intent.ts';
import { storeCommand } from './command-json.ts';
import { unborn } from './split.ts';

/** The parameters of the statement that stores decisions, in their order. */
export const parts: readonly ((writes: readonly ChangeWrite[]) => unknown[])[] = [
  writeColumns,
  stateColumns,
  lineColumns,
  chargesColumns,
  itemColumns,
  licenseColumns,
  intentColumns,
  eventColumns,
  orderColumns,
  workColumns,
  planColumns,
  recordedColumns,
  poolColumns,
];

function orderColumns(writes: readonly ChangeWrite[]): unknown[] {
  return [writes[0] === undefined ? null : instantText(realTimeOf(writes[0].cause)), writes.map(statusOf)];
}

function firstOf({ decision }: ChangeWrite): Subscription {
  return decision.subscriptions[0]!.after;
}

function writeColumns(writes: readonly ChangeWrite[]): unknown[][] {
  return columns(
    writes,
    (write) => firstOf(write).ownerId,
    (write) => write.orderId ?? firstOf(write).id,
    ({ cause }) => cause.actor,
    ({ cause }) => cause.requestId,
    ({ cause }) => instantText(cause.at),
    ({ orderId }) => orderId,
    ({ orderSerial }) => orderSerial,
    ({ decision }) => decision.order,
    (write) => firstOf(write).customerId,
    ({ poNumber }) => poNumber,
    ({ surface }) => surface,
    ({ currency }) => currency,
    (write) => totalText(write),
    ({ cause }) => cause.idempotency?.ownerId ?? null,
    ({ cause }) => cause.idempotency?.scope ?? null,
    ({ cause }) => cause.idempotency?.key ?? null,
    ({ cause }) => cause.idempotency?.requestHash ?? null,
    (write) => (write.cause.idempotency === undefined ? null : JSON.stringify(storedOutcome(write))),
    ({ sandboxId }) => sandboxId,
  );
}

function stateColumns(writes: readonly ChangeWrite[]): unknown[] {
  const rows = placed(writes, ({ decision, due }) =>
    decision.subscriptions.map(({ before, after }, index) => ({ before, after, due: due[index] ?? null })),
  );
  const found = columns(
    rows,
    ({ place }) => place,
    ({ row }) => row.after.id,
    ({ row }) => row.before.version,
    ({ row }) => row.after.planId,
    ({ row }) => row.after.planVersion,
    ({ row }) => row.after.name,
    ({ row }) => row.after.status,
    ({ row }) => row.after.holdReason,
    ({ row }) => row.after.autoRenewal,
    ({ row }) => row.after.autoRenewalMonths,
    ({ row }) => row.after.anchorOn,
    ({ row }) => row.after.startOn,
    ({ row }) => row.after.endOn,
    ({ row }) => row.after.startChargeOn,
    ({ row }) => row.after.notForResale,
    ({ row }) => row.due,
  );
  const attributes = jsonArray(rows.map(({ row }) => JSON.stringify(row.after.attributes)));
  const lives = jsonArray(rows.map(({ row }) => lifeText(row.after)));
  const [notForResale, due] = found.slice(-2);
  return [...found.slice(0, -2), attributes, notForResale, lives, due];
}

function lineColumns(writes: readonly ChangeWrite[]): unknown[][] {
  const rows = placed(writes, ({ decision, orderId }) =>
    orderId === null ? [] : decision.lines.map((line, position) => ({ line, position })),
  );
  return columns(
    rows,
    ({ place }) => place,
    ({ place, row }) => linePosition(writes[place - 1]!, row.position),
    ({ row }) => row.line.subscription,
    ({ row }) => row.line.rate.planId,
    ({ row }) => row.line.rate.version,
    ({ row }) => row.line.rate.rateId,
    ({ row }) => row.line.rate.resourceId,
    ({ row }) => row.line.rate.mpn,
    ({ row }) => row.line.rate.vendorCode,
    ({ row }) => row.line.rate.name,
    ({ row }) => formatDecimal(row.line.quantity),
    ({ row }) => (row.line.previousQuantity === null ? null : formatDecimal(row.line.previousQuantity)),
    ({ row }) => row.line.origin,
  );
}

function chargesColumns(writes: readonly ChangeWrite[]): unknown[] {
  const rows = placed(writes, ({ decision, chargeIds }) =>
    decision.charges.map((charge, index) => ({ ...charge, id: chargeIds[index]! })),
  );
  const ofSubscriptions = plainColumns(
    rows,
    ({ row }) => row.subscriptionId,
    ({ row }) => row.rateId,
  );
  return [...chargeColumns(rows), ...ofSubscriptions];
}

function itemColumns(writes: readonly ChangeWrite[]): unknown[][] {
  const states = placed(writes, ({ decision }) => decision.subscriptions);
  const gone = states.flatMap(({ place, row: { before, after } }) =>
    before.items
      .filter(({ rateId }) => !after.items.some((item) => item.rateId === rateId))
      .map((item) => ({ place, id: after.id, item })),
  );
  const kept = states.flatMap(({ place, row: { before, after } }) =>
    after.items.filter((item) => isChanged(before, item)).map((item) => ({ place, id: after.id, item })),
  );
  return [
    ...columns(
      gone,
      ({ place }) => place,
      ({ id }) => id,
      ({ item }) => item.rateId,
    ),
    ...columns(
      kept,
      ({ place }) => place,
      ({ id }) => id,
      ({ item }) => item.rateId,
      ({ item }) => item.resourceId,
      ({ item }) => item.mpn,
      ({ item }) => item.vendorCode,
      ({ item }) => item.name,
      ({ item }) => formatDecimal(item.quantity),
    ),
  ];
}

function isChanged({ items }: Subscription, item: Item): boolean {
  const before = items.find(({ rateId }) => rateId === item.rateId);
  return (
    before === undefined || formatDecimal(before.quantity) !== formatDecimal(item.quantity) || before.name !== item.name
  );
}

function licenseColumns(writes: readonly ChangeWrite[]): unknown[][] {
  const rows = placed(writes, ({ decision }) =>
    decision.subscriptions.flatMap(({ before, after }) =>
      after.licenses.filter((license) => isOther(before.licenses, license)),
    ),
  );
  return columns(
    rows,
    ({ place }) => place,
    ({ row }) => row.id,
    ({ row }) => row.productId,
    ({ row }) => row.version,
    ({ row }) => formatDecimal(row.units),
    ({ row }) => row.startOn,
    ({ row }) => row.endOn,
    ({ row }) => row.startChargeOn,
    ({ row }) => row.graceMonths,
    ({ row }) => row.enabled,
  );
}

function isOther(licenses: readonly License[], license: License): boolean {
  const text = (of: License | undefined): string =>
    of === undefined ? '' : JSON.stringify({ ...of, units: formatDecimal(of.units) });
  return text(licenses.find(({ id }) => id === license.id)) !== text(license);
}

/** Subscriptions that decisions make, with their licenses. */
export function madeColumns(writes: readonly ChangeWrite[]): unknown[][] {
  const made = placed(writes, ({ decision }) =>
    decision.subscriptions.filter(({ before }) => before.version === unborn),
  );
  const licenses = made.flatMap(({ place, row: { after } }) =>
    after.licenses.map((license) => ({ place, id: after.id, license })),
  );
  return [
    ...columns(
      made,
      ({ row }) => row.after.id,
      ({ row }) => row.after.serial,
    ),
    ...columns(
      licenses,
      ({ place }) => place,
      ({ id }) => id,
      ({ license }) => license.id,
      ({ license }) => license.productId,
      ({ license }) => license.version,
      ({ license }) => license.activationCode,
      ({ license }) => formatDecimal(license.units),
      ({ license }) => license.startOn,
      ({ license }) => license.endOn,
      ({ license }) => license.startChargeOn,
      ({ license }) => license.graceMonths,
      ({ license }) => license.enabled,
    ),
  ];
}

function intentColumns(writes: readonly ChangeWrite[]): unknown[][] {
  const added = placed(writes, ({ newIntents }) => newIntents);
  const ended = placed(writes, ({ decision }) =>
    decision.intents.flatMap((change) => (change.kind === 'add' ? [] : [change])),
  );
  return [
    ...columns(
      added,
      ({ place }) => place,
      ({ row }) => row.id,
      ({ row }) => row.subscriptionId,
      ({ row }) => row.command.kind,
      ({ row }) => row.moment.at,
      ({ row }) => dueOn(row.moment),
      ({ row }) => JSON.stringify(storeCommand(row.command)),
    ),
    ...columns(
      ended,
      ({ place }) => place,
      ({ row }) => row.intent.id,
      ({ row }) => (row.kind === 'end' ? row.status : 'waiting'),
      ({ row }) => (row.kind === 'end' ? row.reason : null),
      ({ row }) => (row.kind === 'edit' ? row.moment.at : row.intent.moment.at),
      ({ row }) => dueOn(row.kind === 'edit' ? row.moment : row.intent.moment),
      ({ row }) => JSON.stringify(storeCommand(row.kind === 'edit' ? row.command : row.intent.command)),
    ),
  ];
}

/** What an order has to do with a plan, its attributes, the orders of intents, and those that come to nothing. */
function planColumns(writes: readonly ChangeWrite[]): unknown[] {
  const ended = columns(
    placed(writes, givenUp),
    ({ place }) => place,
    ({ row }) => row.id,
    ({ row }) => row.status,
  );
  return [
    writes.map(({ plan }) => plan),
    jsonArray(writes.map(({ attributes }) => JSON.stringify(attributes))),
    writes.flatMap(({ newIntents }) => newIntents.map(({ orderId }) => orderId)),
    ...ended,
  ];
}

function recordedColumns(writes: readonly ChangeWrite[]): unknown[] {
  return [writes.map((write) => instantText(recordedAt(write)))];
}

function poolColumns(writes: readonly ChangeWrite[]): unknown[][] {
  return moveColumns(
    placed(writes, ({ pools: { moves, isForced }, cause }) =>
      moves.map((move) => ({ ...move, isForced, requestId: cause.requestId, at: instantText(cause.at) })),
    ),
  );
}

function eventColumns(writes: readonly ChangeWrite[]): unknown[] {
  const rows = placed(writes, eventsOf);
  const found = columns(
    rows,
    ({ place }) => place,
    ({ row }) => row.id,
    ({ row }) => row.type,
    ({ row }) => row.subjectKind,
    ({ row }) => row.subjectId,
  );
  return [...found, jsonArray(rows.map(({ row }) => JSON.stringify(row.data)))];
}

/** What vendors are still to be told: nothing where everything is there at once. */
function workColumns(writes: readonly ChangeWrite[]): unknown[][] {
  const work = placed(writes, (write) => (write.work === null ? [] : [write.work]));
  const changes = work.flatMap(({ place, row }) => row.changes.map((of) => ({ place, jobId: row.jobId, of })));
  return [
    ...columns(
      changes,
      ({ place }) => place,
      ({ of }) => of.id,
      ({ of }) => of.version,
      ({ jobId }) => jobId,
      ({ of }) => JSON.stringify(of.change),
    ),
    ...columns(
      work,
      ({ place }) => place,
      ({ row }) => row.jobId,
    ),
  ];
}
