import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { Command, CommanderError } from "commander";
import { UsageFault } from "../plan/usage-fault.ts";
import { claimsFor, newKeys, signedPass, type TokenWish } from "./load-token.ts";

// `npm run loadtest:token`: prints a load pass, and nothing else, on standard output.

const NAME = "npm run loadtest:token --";
const command = new Command(NAME)
  .description(
    "Signs a load pass: with it the edge lifts its meters for a region and lets people into lane test. Reads the edge's " +
      "own WHISPER_SIGNING_KEYS.",
  )
  .option("--region <name>", "the one region it is for")
  .option("--sessions <count>", "how many people may come in with it")
  .option("--hours <count>", "how long it is good, 1 to 168")
  .option("--new-keys", "prints a new value for WHISPER_SIGNING_KEYS instead, to give to the edge or to npm start")
  .addHelpText(
    "after",
    `\nExample, on one machine:\n  export WHISPER_SIGNING_KEYS="$(npm run -s loadtest:token -- --new-keys)"\n  npm start &\n` +
      `  export WHISPER_LOAD_PASS="$(npm run -s loadtest:token -- --region eu-west --sessions 20000 --hours 2)"\n\n` +
      "Exit: 0 printed, 2 wrong usage.",
  )
  .exitOverride()
  .configureOutput({
    outputError: (text, write) =>
      write(
        `${text
          .replace(/^error: /, "")
          .trim()
          .replaceAll(/\s*\n\s*/g, " ")}. See ${NAME} --help\n`,
      ),
  });

try {
  const { newKeys: wantsKeys, ...wish } = command.parse().opts<TokenWish & { newKeys?: true }>();
  const nowMs = systemClock.nowMs();
  const printed = wantsKeys
    ? await newKeys(nowMs, systemRandom)
    : await signedPass(claimsFor(wish, nowMs), process.env.WHISPER_SIGNING_KEYS, nowMs);
  process.stdout.write(`${printed}\n`);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UsageFault) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else throw error;
}
