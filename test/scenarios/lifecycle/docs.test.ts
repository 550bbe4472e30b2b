// What the pages of docs/concepts work out in figures is what the engine charges: each marked table is computed anew.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../../support/world.ts';
import { billingReports } from './figures/billing-reports.ts';
import { intents } from './figures/intents.ts';
import { periods } from './figures/periods.ts';
import { prices } from './figures/prices.ts';
import { proration } from './figures/proration.ts';
import { renewal } from './figures/renewal.ts';
import type { Figure } from './figures/table.ts';
import { transfer } from './figures/transfer.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const concepts = new URL('../../../docs/concepts/', import.meta.url);

/** The marked tables of a page by their names. */
function tablesOf(page: string): Map<string, string[][]> {
  const text = readFileSync(new URL(`${page}.md`, concepts), 'utf8');
  const marked = text.matchAll(/<!-- figures: (\S+),.*? -->\n([\s\S]*?)<!-- end of figures -->/g);
  return new Map([...marked].map(([, name, table]) => [name!, rowsOf(table!)]));
}

function rowsOf(table: string): string[][] {
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  const cells = lines.map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim()),
  );
  return cells.filter((row) => !row.every((cell) => /^-*:?$/.test(cell) && cell !== ''));
}

/** As it would stand in the page. */
function asMarkdown([head = [], ...rows]: Figure): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

describe.each([
  ['periods', periods],
  ['proration', proration],
  ['renewal', renewal],
  ['intents', intents],
  ['prices', prices],
  ['transfer', transfer],
  ['billing-reports', billingReports],
])('docs/concepts/%s.md', (page, figures) => {
  test('has every worked example, and no other', () => {
    expect([...tablesOf(page).keys()].toSorted()).toEqual(Object.keys(figures).toSorted());
  });

  test.each(Object.entries(figures))('%s', async (name, compute) => {
    const figure = await compute(world);
    expect(figure.length).toBeGreaterThan(1);
    expect(tablesOf(page).get(name) ?? [], `It should read:\n${asMarkdown(figure)}`).toEqual(figure);
  });
});
