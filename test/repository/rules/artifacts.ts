import { type Artifact, artifacts, withSources } from '../artifacts.ts';
import type { Repository } from '../files.ts';
import type { Rule, Verdict, Violation } from '../rule.ts';

const example: readonly Artifact[] = [{ path: 'docs/reference/a.md', generate: () => Promise.resolve('new') }];

/** Every generated file is there and is what the source says today; none is left without its generator. */
export const freshArtifacts: Rule = {
  name: 'fresh artifacts',
  check: (repository) => checkArtifacts(repository, artifacts),
  checkExample: (repository) => checkArtifacts(repository, example),
  good: { 'docs/reference/a.md': 'new', 'docs/reference/README.md': '# By hand' },
  bad: [
    { files: { 'docs/reference/a.md': 'old' }, says: 'a.md  is stale: run npm run generate' },
    { files: {}, says: 'a.md  is missing: run npm run generate' },
    {
      files: { 'docs/reference/gone.md': '<!-- Generated from x -->' },
      says: 'gone.md  says it is generated, but nothing',
    },
    { files: { 'server/src/a.generated.ts': '' }, says: 'a.generated.ts  says it is generated, but nothing' },
  ],
};

async function checkArtifacts(repository: Repository, list: readonly Artifact[]): Promise<Verdict> {
  const violations: Violation[] = [];
  await withSources(async (sources) => {
    for (const { path, generate } of list) {
      const fresh = await generate(sources);
      if (!repository.has(path)) violations.push({ path, message: 'is missing: run npm run generate' });
      else if (repository.text(path) !== fresh) violations.push({ path, message: 'is stale: run npm run generate' });
    }
  });
  const known = new Set(list.map(({ path }) => path));
  for (const path of repository.paths) {
    if (known.has(path) || !saysGenerated(repository, path)) continue;
    violations.push({ path, message: 'says it is generated, but nothing generates it (test/repository/artifacts.ts)' });
  }
  return { seen: list.length, violations };
}

function saysGenerated(repository: Repository, path: string): boolean {
  if (/\.generated\.\w+$/.test(path)) return true;
  return path.startsWith('docs/reference/') && /Generated (by|from)/.test(repository.text(path).slice(0, 300));
}
