import { describe, expect, test } from 'vitest';
import type { Command } from './command.ts';
import { editIntent } from './decide-intent.ts';
import type { LaterMoment } from './intent.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

const on = (day: string): LaterMoment => ({ at: 'date', on: day });
const renewal: LaterMoment = { at: 'renewal' };
const plan = (facts = {}) =>
  aPlan(
    'month',
    { SEAT: { price: '31' }, PRO: { price: '62' }, CARE: { price: '5', dependsOn: [id('month.PRO')] } },
    facts,
  );
const sold = (facts = {}) => aLife({ plan: plan(facts), items: { SEAT: '5' }, sold: '2026-03-10' });
const change = (life: Life, items: Record<string, string>): Command => ({
  kind: 'change',
  items: life.wanted(items),
  cascade: false,
});
const edit = (life: Life, index: number, wanted: { moment?: LaterMoment; command?: Command }) =>
  editIntent(life.context(life.instant('2026-03-12')), life.state(), life.intents()[index]!, {
    moment: wanted.moment,
    command: wanted.command,
  });
const refused = (code: string, field: string): unknown => expect.objectContaining({ code, kind: 'invalid', field });

describe('what is planned', () => {
  test('can be taken back: it ends as canceled, and nothing of the subscription changes', () => {
    const life = sold();
    life.change('2026-03-11', { SEAT: '7' }, renewal);
    const intent = life.intents()[0]!;
    const context = life.context(life.instant('2026-03-12'));
    const decision = editIntent(context, life.state(), intent, { cancel: true });
    expect(decision).toEqual({
      order: null,
      subscriptions: [{ before: life.state(), after: life.state() }],
      lines: [],
      charges: [],
      intents: [{ kind: 'end', intent, status: 'canceled', reason: null }],
      events: [],
      warnings: [],
    });
  });

  test('can be given another moment, or another content, or both; what is not given stays', () => {
    const life = sold();
    life.change('2026-03-11', { SEAT: '7' }, on('2026-03-20'));
    const intent = life.intents()[0]!;
    const { moment, command } = intent;
    const more = change(life, { SEAT: '8' });
    for (const [wanted, becomes] of [
      [{ moment: renewal }, { moment: renewal, command }],
      [{ command: more }, { moment, command: more }],
      [
        { moment: on('2026-03-25'), command: more },
        { moment: on('2026-03-25'), command: more },
      ],
    ] as const) {
      // It does not come before itself: no warning that it would change nothing.
      expect(edit(life, 0, wanted)).toMatchObject({
        order: null,
        subscriptions: [{ before: life.state(), after: life.state() }],
        charges: [],
        intents: [{ kind: 'edit', intent, ...becomes }],
        warnings: [],
      });
    }
  });

  test('is looked at with what is planned before it', () => {
    const life = sold();
    life.change('2026-03-11', { PRO: '1' }, on('2026-03-18'));
    life.change('2026-03-11', { CARE: '1' }, on('2026-03-20'));
    expect(edit(life, 1, { moment: on('2026-03-21') }).warnings).toEqual([]);
    expect(edit(life, 1, { moment: on('2026-03-17') }).warnings).toMatchObject([
      { code: 'lifecycle.refused_as_planned' },
    ]);
  });

  test('becomes nothing of another kind', () => {
    const life = sold();
    life.change('2026-03-11', { SEAT: '7' }, renewal);
    for (const command of [
      { kind: 'cancel', reason: null },
      { kind: 'suspend', endOn: null },
    ] as const) {
      expect(() => edit(life, 0, { command })).toThrow(refused('lifecycle.intent_kind', 'command'));
    }
  });
});

describe('the moment of what is planned', () => {
  const cancelOn = (life: Life, day: string) => () => life.ask('2026-03-12', { kind: 'cancel', reason: null }, on(day));

  test('is a day after today, also when it is given another one', () => {
    const life = sold();
    expect(cancelOn(life, '2026-03-12')).toThrow(refused('lifecycle.moment_past', 'moment.on'));
    cancelOn(life, '2026-03-13')();
    expect(() => edit(life, 0, { moment: on('2026-03-12') })).toThrow(refused('lifecycle.moment_past', 'moment.on'));
  });

  test('is before the end of what does not renew by itself', () => {
    const life = sold({ autoRenewalMonths: null });
    expect(cancelOn(life, '2026-04-10')).toThrow(refused('lifecycle.moment_after_end', 'moment.on'));
    cancelOn(life, '2026-04-09')();
    expect(life.intents()).toMatchObject([{ moment: on('2026-04-09') }]);
  });

  test('may be in a later term of what does', () => {
    const life = sold();
    cancelOn(life, '2026-04-10')();
    cancelOn(life, '2026-05-20')();
    expect(life.intents()).toHaveLength(2);
  });

  test('of a trial is before its end, whatever comes then; the renewal is its end', () => {
    const life = sold({ licenseVersion: 'trial' });
    life.become({ autoRenewal: true });
    expect(cancelOn(life, '2026-04-10')).toThrow(refused('lifecycle.moment_after_end', 'moment.on'));
    cancelOn(life, '2026-04-09')();
    life.ask('2026-03-12', { kind: 'cancel', reason: null }, renewal);
    expect(life.intents()).toHaveLength(2);
  });
});
