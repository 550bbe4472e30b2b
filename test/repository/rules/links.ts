import { posix } from 'node:path';
import type { Repository } from '../files.ts';
import type { Rule, Violation } from '../rule.ts';

/** Every relative link in the docs leads to a file, and to a heading where it names one. */
export const relativeLinks: Rule = {
  name: 'relative links',
  check(repository) {
    const violations: Violation[] = [];
    const folders = new Set(repository.paths.flatMap(parents));
    let seen = 0;
    for (const path of repository.paths.filter((name) => name.endsWith('.md'))) {
      for (const { link, line } of linksIn(repository.text(path))) {
        seen += 1;
        const message = problemOf(repository, folders, path, link);
        if (message !== undefined) violations.push({ path, line, message });
      }
    }
    return { seen, violations };
  },
  good: {
    'README.md':
      '# Title\n[start](docs/start.md#first-steps--more) [here](#title) [docs](docs/) [code](https://example.com)\n`[no](link.md)`',
    'docs/start.md':
      '## First steps & more\n```\n[no](link.md)\n```\n[up](../README.md "Title")\n\n[ref]: ../README.md#title\n',
  },
  bad: [
    { files: { 'README.md': '[start](docs/start.md)' }, says: 'docs/start.md, which does not exist' },
    { files: { 'README.md': '[start](#nowhere)' }, says: 'no heading #nowhere' },
    { files: { 'README.md': '[ref]: docs/a.md' }, says: 'docs/a.md, which does not exist' },
    { files: { 'docs/a.md': '# A', 'README.md': '![a](docs/a.md#b)' }, says: 'no heading #b' },
    { files: { 'docs/a.md': '[out](../../elsewhere.md)' }, says: 'does not exist' },
  ],
};

function parents(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? ['.'] : [folder, ...parents(folder)];
}

function linksIn(text: string): { link: string; line: number }[] {
  const links: { link: string; line: number }[] = [];
  let fence: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const mark = /^\s*(```+|~~~+)/.exec(raw)?.[1];
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence)))
      fence = fence === undefined ? mark : undefined;
    if (mark !== undefined || fence !== undefined) continue;
    const line = raw.replaceAll(/`[^`]*`/g, '');
    const inline = [...line.matchAll(/\]\(\s*<?([^)>\s]+)>?(?:\s+"[^"]*")?\s*\)/g)];
    const definitions = [...line.matchAll(/^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(\s|$)/g)];
    for (const [, link] of [...inline, ...definitions]) {
      if (link !== undefined && !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) links.push({ link, line: index + 1 });
    }
  }
  return links;
}

function problemOf(
  repository: Repository,
  folders: ReadonlySet<string>,
  path: string,
  link: string,
): string | undefined {
  const [file = '', anchor] = decodeURI(link).split('#');
  const target = file === '' ? path : posix.join(posix.dirname(path), file).replace(/\/$/, '');
  if (!repository.has(target)) {
    return folders.has(target) ? undefined : `links to ${target}, which does not exist`;
  }
  if (anchor === undefined || !target.endsWith('.md') || anchorsIn(repository.text(target)).has(anchor))
    return undefined;
  return `links to ${target}, which has no heading #${anchor}`;
}

/** The anchors that GitHub gives to headings, and those set by hand. */
function anchorsIn(text: string): Set<string> {
  const anchors = new Set<string>();
  const withoutCode = text.replaceAll(/^\s*(```+|~~~+)[\s\S]*?^\s*\1/gm, '');
  for (const [, heading = ''] of withoutCode.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    let unique = slug;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${slug}-${count}`;
    anchors.add(unique);
  }
  for (const [, id = ''] of text.matchAll(/<[^>]+\s(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}
