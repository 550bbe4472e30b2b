import { machine } from './measure.ts';
import { changes } from './changes.ts';
import { estimates } from './estimates.ts';
import { lmpi } from './lmpi.ts';
import { lmpiSubscriptions } from './lmpi-subscriptions.ts';
import { lmpiReports } from './lmpi-reports.ts';
import { orders } from './orders.ts';
import { products } from './products.ts';
import { renewals } from './renewals.ts';
import { print, type Report } from './report.ts';
import { simpleApiDeep } from './simpleapi-deep.ts';
import { simpleApiLists } from './simpleapi-lists.ts';
import { start } from './start.ts';

const benches: Readonly<Record<string, (quick: boolean) => Promise<Report | Report[]>>> = {
  orders,
  products,
  lmpi,
  'lmpi-subscriptions': lmpiSubscriptions,
  'lmpi-reports': lmpiReports,
  changes,
  renewals,
  'simpleapi-lists': simpleApiLists,
  'simpleapi-deep': simpleApiDeep,
  estimates,
  start,
};

// An end by signal is an end too: whatever ends with this process is only stopped when it exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const names = args.filter((arg) => !arg.startsWith('-'));
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0 || args.includes('--help')) {
  console.log(`npm run bench [-- name...] [--quick]\n  names: ${Object.keys(benches).join(', ')}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}
console.log(`${new Date().toISOString()}  ${machine()}${quick ? '  (quick: fewer and shorter rounds)' : ''}`);
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const reports = await benches[name]!(quick);
  for (const report of Array.isArray(reports) ? reports : [reports]) print(report);
}
process.exit(0);
