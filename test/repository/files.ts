import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Comment, parseSync, type Program, Visitor, type VisitorObject } from 'oxc-parser';

/** Made-up or real files: path from the repository's root, with forward slashes, to text. */
export type Files = Readonly<Record<string, string>>;

export type Import = {
  readonly specifier: string;
  readonly line: number;
  /** Only types are imported: nothing of the other file runs. */
  readonly typeOnly: boolean;
};

export type Repository = {
  readonly paths: readonly string[];
  has(path: string): boolean;
  text(path: string): string;
  imports(path: string): readonly Import[];
  visit(path: string, visitor: VisitorObject): void;
  comments(path: string): readonly Comment[];
  /** Why a file of code can't be parsed. It has no imports then and is not visited; one rule reports it. */
  broken(path: string): string | undefined;
  /** The line number, from 1, of a character of a file. */
  line(path: string, offset: number): number;
};

export const root = join(import.meta.dirname, '../..');

const binary = /\.(png|ico|jpe?g|gif|woff2?|gz|zip|pdf|wasm)$/;
const neverOurs = /(^|\/)(node_modules|\.git|data|coverage|reports|dist)\//;

/** Every text file of the working tree that is, or would be, in the repository. */
export function readRepository(): Repository {
  const files: Record<string, string> = {};
  for (const path of listPaths()) {
    const file = join(root, path);
    if (binary.test(path) || !existsSync(file) || !statSync(file).isFile()) continue;
    files[path] = readFileSync(file, 'utf8');
  }
  return repositoryOf(files);
}

function listPaths(): string[] {
  // A release archive has no .git: then the file system is asked, less what is never ours.
  if (existsSync(join(root, '.git'))) {
    const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], options);
    return [...new Set(listed.split('\0'))].filter((path) => path !== '').toSorted();
  }
  const found = globSync('**/*', { cwd: root, exclude: (path) => neverOurs.test(`${path}/`) });
  return found.map((path) => path.replaceAll('\\', '/')).toSorted();
}

export function repositoryOf(files: Files): Repository {
  const parsed = new Map<string, Parsed>();
  const text = (path: string): string => {
    const found = files[path];
    if (found === undefined) throw new Error(`no file ${path}`);
    return found;
  };
  const parsedFile = (path: string): Parsed => {
    const known = parsed.get(path) ?? parse(path, text(path));
    parsed.set(path, known);
    return known;
  };
  return {
    paths: Object.keys(files),
    has: (path) => files[path] !== undefined,
    text,
    imports: (path) => parsedFile(path).imports,
    visit: (path, visitor) => {
      const { program } = parsedFile(path);
      if (program !== undefined) new Visitor(visitor).visit(program);
    },
    comments: (path) => parsedFile(path).comments,
    broken: (path) => parsedFile(path).broken,
    line: (path, offset) => lineAt(text(path), offset),
  };
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

type Parsed = {
  readonly program: Program | undefined;
  readonly imports: readonly Import[];
  readonly comments: readonly Comment[];
  readonly broken: string | undefined;
};

function parse(path: string, text: string): Parsed {
  const { program, module, comments, errors } = parseSync(path, text);
  const [broken] = errors;
  if (broken !== undefined) return { program: undefined, imports: [], comments, broken: broken.message };
  const imports: Import[] = module.staticImports.map((statement) => ({
    specifier: statement.moduleRequest.value,
    line: lineAt(text, statement.start),
    typeOnly: statement.entries.length > 0 && statement.entries.every((entry) => entry.isType),
  }));
  for (const statement of module.staticExports) {
    const specifier = statement.entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest?.value;
    if (specifier === undefined) continue;
    const typeOnly = statement.entries.every((entry) => entry.isType);
    imports.push({ specifier, line: lineAt(text, statement.start), typeOnly });
  }
  // Dynamic imports and types written as import('x').Y.
  new Visitor({
    ImportExpression: ({ source, start }) => {
      const specifier = source.type === 'Literal' && typeof source.value === 'string' ? source.value : '(computed)';
      imports.push({ specifier, line: lineAt(text, start), typeOnly: false });
    },
    TSImportType: ({ source, start }) => {
      imports.push({ specifier: source.value, line: lineAt(text, start), typeOnly: true });
    },
  }).visit(program);
  return { program, imports, comments, broken: undefined };
}

/** TypeScript and JavaScript that people wrote. */
export function isCode(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path);
}

export function isGenerated(repository: Repository, path: string): boolean {
  return /^\s*(\/\/|<!--|#|\/\*)\s*Generated/.test(repository.text(path).slice(0, 200));
}

/** A test, or what tests are built of. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /(^|\/)testing(-[a-z]+)?\.ts$/.test(path) || path.startsWith('test/');
}
