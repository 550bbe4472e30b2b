import { answers, routes, type Route } from '@tierline/contract';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { recordedAnswers } from './record.ts';

const database = await testDatabase();
afterAll(() => database.close());

// Every example is sent to a real engine; its answer has the promised status and fits its schema, or recording throws.
test('what the documentation shows is what the engine answers', async () => {
  const recorded = await recordedAnswers(database.db);
  expect(Object.keys(recorded)).toHaveLength(Object.keys(routes).length);
  expect(answers).toEqual(recorded);
});

test('every status of success has an example', () => {
  for (const route of Object.values<Route>(routes)) {
    const shown = new Set(route.examples.map(({ status }) => String(status)));
    expect(shown, `${route.operationId}.`).toEqual(new Set(Object.keys(route.answers)));
  }
});
