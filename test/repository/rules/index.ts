import type { Rule } from '../rule.ts';
import { moduleAnatomy, tellingNames } from './anatomy.ts';
import { freshArtifacts } from './artifacts.ts';
import { dependencies } from './dependencies.ts';
import { stableErrorCodes } from './errors.ts';
import { clockIsArgument, noConsole, noMathRandom, noSleepInTests, noTypeEscapes } from './habits.ts';
import { acyclicModules, oneWayImports } from './imports.ts';
import { relativeLinks } from './links.ts';
import { sizes } from './sizes.ts';
import { sqlInStores } from './sql.ts';
import { noMachineWords } from './words.ts';

/** The house rules, each a test. */
export const rules: readonly Rule[] = [
  oneWayImports,
  acyclicModules,
  sqlInStores,
  moduleAnatomy,
  tellingNames,
  sizes,
  noTypeEscapes,
  clockIsArgument,
  noMathRandom,
  noConsole,
  noSleepInTests,
  stableErrorCodes,
  dependencies,
  noMachineWords,
  relativeLinks,
  freshArtifacts,
];
