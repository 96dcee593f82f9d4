import { Refusal } from "@whisper/shared/errors";
import type { Challenge } from "../ports.ts";

/** `challenge_required`, with what the page needs to show the challenge. */
export class ChallengeWanted extends Refusal {
  readonly sitekey: string;
  readonly action: string;
  constructor(challenge: Pick<Challenge, "sitekey" | "action">) {
    super("challenge_required");
    this.sitekey = challenge.sitekey;
    this.action = challenge.action;
  }
}
