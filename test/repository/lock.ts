/** An entry of package-lock.json, as far as it matters here. */
export type Locked = {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

type Missing = { readonly name: string; readonly version: string; readonly of: Locked };

/** Optional packages (one per platform) that the lock knows of but has no entry for: `npm ci` refuses such a lock. */
export function missingFromLock(packages: Readonly<Record<string, Locked>>): Missing[] {
  return Object.entries(packages).flatMap(([path, of]) =>
    Object.entries(of.optionalDependencies ?? {})
      .filter(([name]) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages))
      .map(([name, version]) => ({ name, version, of })),
  );
}
