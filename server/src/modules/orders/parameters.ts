import type { Reason } from '@tierline/kernel';
import { checkParameters } from '../catalog/index.ts';
import type { Placement, ResolvedLine } from './place.ts';

const none: Reason[] = [];

/**
 * Why the activation parameters of an order can't be taken: those of a plan are given with any of its lines, since all of them
 * go into one subscription. A plan that asks for nothing takes whatever comes. What is taken over from another system has been
 * activated there.
 */
export function parameterReasons({ lines, terms }: Pick<Placement, 'lines' | 'terms'>): Reason[] {
  if (lines.every(({ named }) => named.plan.parameters === undefined)) return none;
  const byPlan = Map.groupBy(lines, ({ named }) => named.plan);
  return [...byPlan].flatMap(([{ parameters }, ofPlan]) => {
    if (parameters === undefined) return [];
    const places = ofPlan.flatMap((line) => (line.parameters ?? []).map((_, at) => placeOf(line, at)));
    const given = ofPlan.flatMap((line) => line.parameters ?? []);
    return checkParameters(parameters, given, terms.migration === null).flatMap(({ problem }, index) => {
      const field = places[index] ?? `lines.${ofPlan[0]!.index}.parameters`;
      return problem === undefined ? [] : [{ ...problem, field }];
    });
  });
}

function placeOf({ index }: ResolvedLine, at: number): string {
  return `lines.${index}.parameters.${at}`;
}
