import { connect } from "node:net";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { answerAsks } from "../../bench/answer-asks.ts";
import { upgradeRequest } from "./raw-crowd.ts";
import { forgedTickets } from "./tickets.ts";

// Forgers in a process of their own: tickets of the right shape by the name of the right key, one behind the other on
// as many connections as are told, again and again until they are told to stop.

const { port, key, sources } = JSON.parse(process.argv[2] ?? "") as {
  readonly port: number;
  readonly key: SigningJwk;
  /** From how many addresses they come: 127.0.1.1 and on. */
  readonly sources: number;
};
const CONNECTIONS = 96;
const TICKETS = 500;

export type ForgersSay = { readonly answers: Readonly<Record<string, number>>; readonly connects: number };

const requests = (await forgedTickets(TICKETS, key)).map(upgradeRequest);
const answers: Record<string, number> = {};
let connects = 0;
let asked = 0;
let isOn = false;

const request = (): string => requests[asked++ % requests.length] ?? "";

/** One forger: tries on the connection that stands for as long as the shard leaves it open, then on a new one. */
function forge(i: number): void {
  if (!isOn) return;
  connects++;
  const socket = connect({ host: "127.0.0.1", port, localAddress: `127.0.1.${1 + (i % sources)}`, noDelay: true });
  socket.on("connect", () => socket.write(request()));
  socket.on("data", (bytes) => {
    const status = bytes.toString("latin1", 9, 12);
    answers[status] = (answers[status] ?? 0) + 1;
    if (isOn) socket.write(request());
    else socket.destroy();
  });
  socket.on("error", () => {
    // The close that follows makes a new one.
  });
  socket.on("close", () => setImmediate(() => forge(i + CONNECTIONS)));
}

answerAsks(
  {},
  {
    start: () => {
      isOn = true;
      for (let i = 0; i < CONNECTIONS; i++) forge(i);
    },
    says: (): ForgersSay => ({ answers, connects }),
    rest: () => {
      isOn = false;
    },
  },
);
