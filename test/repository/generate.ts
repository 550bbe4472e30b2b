// npm run generate: writes every generated file of the repository.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { artifacts, withSources } from './artifacts.ts';
import { root } from './files.ts';

await withSources(async (sources) => {
  for (const { path, generate } of artifacts) {
    const file = join(root, path);
    const fresh = await generate(sources);
    const isFresh = existsSync(file) && readFileSync(file, 'utf8') === fresh;
    if (!isFresh) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, fresh);
    }
    console.log(`${isFresh ? 'fresh  ' : 'written'} ${path}`);
  }
});
