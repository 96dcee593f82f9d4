import { join } from "node:path";
import { runAgent } from "../../src/run/agent.ts";

// An agent in a process of its own, whose workers have no people: `node agent-process.ts <nats url>`.

const ending = new AbortController();
process.once("SIGINT", () => ending.abort());
await runAgent(
  {
    nats: process.argv[2] ?? "",
    sourceIps: [],
    env: {},
    say: (line) => void process.stderr.write(`${line}\n`),
    signal: ending.signal,
  },
  async () => join(import.meta.dirname, "faulty-worker.ts"),
);
