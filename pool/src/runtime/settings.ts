import { Secret } from "@whisper/shared/base/secret";
import { parseSigningKeys } from "@whisper/shared/credentials/signing-keys";
import * as v from "valibot";

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * One `WHISPER_*` setting: what it is (shown when it is wrong; its value never is), and what is taken when it is not
 * given.
 */
export type Setting<T> = {
  readonly says: string;
  readonly schema: v.GenericSchema<string, T>;
  readonly absent?: string;
  readonly required: boolean;
};
export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type Read<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** A setting that must be given, or has a value to fall back to. */
export const setting = <T>(says: string, schema: v.GenericSchema<string, T>, absent?: string): Setting<T> =>
  absent === undefined ? { says, schema, required: true } : { says, schema, required: true, absent };

/** A setting that may be left out. */
export const optional = <T>(says: string, schema: v.GenericSchema<string, T>): Setting<T | undefined> => ({
  says,
  schema,
  required: false,
});

/** Everything that is wrong with the settings, in one message for the person who started the process. */
export class SettingsFault extends Error {
  override readonly name = "SettingsFault";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`${faults.length === 1 ? "a setting is" : `${faults.length} settings are`} wrong:\n  ${faults.join("\n  ")}`);
    this.faults = faults;
  }
}

/**
 * Reads these settings; what is missing or wrong is added to `faults`. The result is whole only when nothing was added.
 */
export function readSettings<S extends Settings>(settings: S, env: Env, faults: string[]): Read<S> {
  const read: Record<string, unknown> = {};
  for (const [name, { says, schema, absent, required }] of Object.entries(settings)) {
    const given = env[name] === "" ? undefined : env[name];
    const raw = given ?? absent;
    if (raw === undefined) {
      if (required) faults.push(`${name} is missing: ${says}`);
      continue;
    }
    const result = v.safeParse(schema, raw);
    if (result.success) read[name] = result.output;
    else faults.push(`${name} is wrong: ${says}`);
  }
  return read as Read<S>;
}

/** Adds a fault for every `WHISPER_*` name that no table knows: a typing error must not become a default. */
export function refuseUnknown(known: readonly Settings[], env: Env, faults: string[]): void {
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith("WHISPER_") || known.some((settings) => Object.hasOwn(settings, name))) continue;
    faults.push(`${name} is unknown: there is no such setting`);
  }
}

const WHOLE = /^\d{1,15}$/;

/** A whole number within both bounds. */
export const wholeNumber = (least: number, most: number): v.GenericSchema<string, number> =>
  v.pipe(v.string(), v.regex(WHOLE), v.transform(Number), v.minValue(least), v.maxValue(most));

/** A decimal number within both bounds. */
export const decimal = (least: number, most: number): v.GenericSchema<string, number> =>
  v.pipe(v.string(), v.regex(/^-?\d{1,6}(\.\d{1,9})?$/), v.transform(Number), v.minValue(least), v.maxValue(most));

/** A URL with one of these schemes, as it was written. */
export const urlOf = (...schemes: readonly string[]): v.GenericSchema<string, string> =>
  v.pipe(
    v.string(),
    v.check((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))),
  );

/** `1` or `0`, nothing else. */
export const yesOrNo: v.GenericSchema<string, boolean> = v.pipe(
  v.picklist(["0", "1"]),
  v.transform((text) => text === "1"),
);

/** The edge's keys, whole and as they were written; what prints it shows nothing. */
export const signingKeyList: v.GenericSchema<string, Secret<string>> = v.pipe(
  v.string(),
  v.check((text) => parseSigningKeys(text) !== undefined),
  v.transform((text) => new Secret(text)),
);
