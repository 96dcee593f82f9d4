/** One entry of a lock file's `packages`, as far as we look. */
type Locked = { readonly optionalDependencies?: Readonly<Record<string, string>> };
export type Lock = { readonly packages: Readonly<Record<string, Locked>> };
/** A package.json, as far as we look. */
export type Manifest = { readonly [field: string]: unknown };

const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/**
 * Optional packages that a package of the lock file names and the lock file lacks. `npm install` leaves out what the
 * registry does not have, and `npm ci` then fails on another machine.
 */
export function missingOptionals({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !foldersUpFrom(path).some((folder) => Object.hasOwn(packages, `${folder}node_modules/${name}`)))
      .map((name) => `${name}, wanted by ${path === "" ? "the root" : path}`),
  );
}

/** Where Node looks for a package from `path`: `a/node_modules/b` gives itself, `a/`, and the root. */
function foldersUpFrom(path: string): readonly string[] {
  const folders = [""];
  for (let at = path; at !== ""; ) {
    folders.push(`${at}/`);
    const cut = at.lastIndexOf("/node_modules/");
    at = cut < 0 ? "" : at.slice(0, cut);
  }
  return folders;
}

/** Every package that a package.json asks for, with the version it asks for. */
export function askedFor(manifest: Manifest): readonly { readonly name: string; readonly version: string }[] {
  return KINDS.flatMap((kind) =>
    Object.entries((manifest[kind] ?? {}) as Readonly<Record<string, string>>).map(([name, version]) => ({
      name,
      version,
    })),
  );
}

/** Whether `version` names one release and no range: of the registry, by another name, or a tag on GitHub. */
export const isExact = (version: string): boolean =>
  /^(?:(?:npm:(?:@[\w-]+\/)?[\w.-]+@)?|github:[\w-]+\/[\w.-]+#v)\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version);
