import { Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { isPoolName, isRegionName } from "@whisper/shared/base/ids";
import { CLIENT_PATIENCE_MS, LOAD_PASS_SESSIONS_MAX } from "@whisper/shared/limits";
import type { Fields } from "@whisper/shared/protocol/fields";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import type { Admission, ConnectRefusal } from "./coming-in.ts";

/** What somebody asks the edge for. */
export type ConnectWish = {
  readonly session?: string;
  readonly device?: string;
  readonly avoid?: readonly string[];
  readonly region?: string | undefined;
};
type Answer =
  | { readonly ok: true; readonly admissions: readonly Admission[] }
  | ({ readonly ok: false } & ConnectRefusal);
type Done = (
  answer: { readonly ok: true; readonly admission: Admission } | ({ readonly ok: false } & ConnectRefusal),
) => void;
type Ask = { readonly wish: ConnectWish; readonly done: readonly Done[] };

/** Requests under way at once: more would only queue at the edge. */
const AT_ONCE = 32;
/** Newcomers of so long go in one request when there is a load pass. */
const GATHER_MS = 50;
const UNREACHABLE = { ok: false, code: "unreachable", retryAfterMs: undefined } as const;

/**
 * The edge's door for one process: a bounded number of requests at once, the rest in order. With a load pass newcomers
 * are let in many at a time. Every ask is answered once; whatever cannot be read is `unreachable`.
 */
export class EdgeClient {
  readonly #origin: URL;
  readonly #loadPass: string | undefined;
  readonly #agent: PlainAgent | SecureAgent;
  readonly #waiting: Ask[] = [];
  #newcomers: Done[] = [];
  #gathering: NodeJS.Timeout | undefined;
  #underWay = 0;

  constructor(origin: string, loadPass: string | undefined) {
    this.#origin = new URL(origin);
    this.#loadPass = loadPass;
    const options = { keepAlive: true, maxSockets: AT_ONCE };
    this.#agent = this.#origin.protocol === "https:" ? new SecureAgent(options) : new PlainAgent(options);
  }

  /** Asks to be let in. */
  connect(wish: ConnectWish, done: Done): void {
    if (this.#loadPass === undefined || wish.session !== undefined || wish.avoid !== undefined)
      return this.#put({ wish, done: [done] });
    this.#newcomers.push(done);
    this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS);
    if (this.#newcomers.length >= LOAD_PASS_SESSIONS_MAX) this.#flush();
  }

  /** Lets go of all connections. */
  close(): void {
    clearTimeout(this.#gathering);
    this.#agent.destroy();
  }

  #flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const done = this.#newcomers;
    this.#newcomers = [];
    if (done.length > 0) this.#put({ wish: {}, done });
  }

  #put(ask: Ask): void {
    if (this.#underWay >= AT_ONCE) {
      this.#waiting.push(ask);
      return;
    }
    this.#underWay++;
    this.#post(ask, (answer) => {
      this.#underWay--;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#put(next);
      for (const [i, done] of ask.done.entries()) {
        const admission = answer.ok ? answer.admissions[i] : undefined;
        if (!answer.ok) done(answer);
        else done(admission === undefined ? UNREACHABLE : { ok: true, admission });
      }
    });
  }

  #post({ wish, done }: Ask, answered: (answer: Answer) => void): void {
    const { region, ...body } = wish;
    const url = new URL("/v1/connect", this.#origin);
    if (region !== undefined) url.searchParams.set("region", region);
    const isMany = this.#loadPass !== undefined && done.length > 1;
    if (isMany) url.searchParams.set("count", String(done.length));
    const bytes = Buffer.from(JSON.stringify(body));
    const ask = url.protocol === "https:" ? secureRequest : plainRequest;
    const request = ask(url, {
      method: "POST",
      agent: this.#agent,
      timeout: CLIENT_PATIENCE_MS,
      headers: {
        "content-type": "application/json",
        "content-length": bytes.length,
        ...(this.#loadPass === undefined ? {} : { authorization: `Bearer ${this.#loadPass}` }),
      },
    });
    let isAnswered = false;
    const once = (answer: Answer): void => {
      if (!isAnswered) answered(answer);
      isAnswered = true;
    };
    request.on("error", () => once(UNREACHABLE));
    request.on("timeout", () => request.destroy(new Error("the edge was silent")));
    request.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", () => once(UNREACHABLE));
      response.on("end", () => once(answerIn(response.statusCode ?? 0, Buffer.concat(parts).toString("utf8"))));
    });
    request.end(bytes);
  }
}

/** What the edge's answer says, given its status and body. Total: never throws. */
export function answerIn(status: number, body: string): Answer {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return UNREACHABLE; // no JSON: somebody else answered
  }
  if (typeof raw !== "object" || raw === null) return UNREACHABLE;
  const fields = raw as Fields;
  if (status !== 200) return refusalIn(fields);
  const { sessions = [fields] } = fields;
  if (!Array.isArray(sessions)) return UNREACHABLE;
  const admissions = sessions.map(admissionIn).filter((one) => one !== undefined);
  return admissions.length === 0 ? UNREACHABLE : { ok: true, admissions };
}

function admissionIn(value: unknown): Admission | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { session, device, ticket, endpoints } = value as Fields;
  if (typeof session !== "string" || typeof device !== "string" || typeof ticket !== "string") return undefined;
  if (!Array.isArray(endpoints) || !endpoints.every(isEndpoint)) return undefined;
  return { session, device, ticket, endpoints };
}

function isEndpoint(value: unknown): value is Endpoint {
  if (typeof value !== "object" || value === null) return false;
  const { url, region, pool } = value as Fields;
  return typeof url === "string" && /^wss?:\/\//.test(url) && isRegionName(region) && isPoolName(pool);
}

function refusalIn({ error }: Fields): Answer {
  const { code, retry_after } = (typeof error === "object" && error !== null ? error : {}) as Fields;
  if (typeof code !== "string" || !/^[a-z_]{1,40}$/.test(code)) return UNREACHABLE;
  const isSpan = typeof retry_after === "number" && Number.isFinite(retry_after) && retry_after >= 0;
  return { ok: false, code, retryAfterMs: isSpan ? retry_after * 1_000 : undefined };
}
