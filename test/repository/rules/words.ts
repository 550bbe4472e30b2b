import { sep } from 'node:path';
import { root } from '../files.ts';
import type { Rule, Violation } from '../rule.ts';

// Put together at run time, so that this file is not its own first violation.
const registries = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'npmjs', 'com'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['registry', 'npmmirror', 'com'],
].map((labels) => labels.join('.'));
const machinePaths = ['work', 'home/runner'].map((folder) => `/${folder}/`);

// A checkout right under / has a path that could be a word of any text.
const checkoutIsTelling = root.split(sep).length > 2;

function forbiddenWords(): { word: string; why: string }[] {
  const registry = process.env['npm_config_registry'];
  const hosts = registry === undefined ? registries : [...registries, new URL(registry).host];
  return [
    ...hosts.map((word) => ({ word, why: 'a package registry is a choice of the machine' })),
    ...machinePaths.map((word) => ({ word, why: 'a path of one machine' })),
    ...(checkoutIsTelling ? [{ word: root, why: 'the path of this checkout' }] : []),
  ];
}

/** What is true of one machine only has no place in the repository. */
export const noMachineWords: Rule = {
  name: 'nothing of one machine',
  check(repository) {
    const words = forbiddenWords();
    const violations: Violation[] = [];
    for (const path of repository.paths) {
      const text = repository.text(path);
      for (const { word, why } of words) {
        const at = indexOfPath(text, word);
        if (at !== -1) violations.push({ path, line: repository.line(path, at), message: `"${word}": ${why}` });
      }
    }
    return { seen: repository.paths.length, violations };
  },
  // The same folder in the middle of another path is no path of a machine.
  good: {
    'README.md': `npm ci && npm start, then open /api${machinePaths[0] ?? ''} or docs${machinePaths[0] ?? ''}start.md`,
  },
  bad: [
    { files: { 'README.md': `set registry=https://${registries[0] ?? ''}/` }, says: 'registry' },
    { files: { 'cli/src/a.ts': `const x = '${machinePaths[0] ?? ''}x';` }, says: 'one machine' },
    ...(checkoutIsTelling ? [{ files: { 'docs/a.md': `cd ${root}` }, says: 'the path of' }] : []),
  ],
};

/** A path counts only where it starts: a folder in the middle of another path is not it. */
function indexOfPath(text: string, word: string): number {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!word.startsWith('/') || at === 0 || !/[\w.~-]/.test(text[at - 1] ?? '')) return at;
  }
  return -1;
}
