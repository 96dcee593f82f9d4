import { FAULT_KINDS } from "./fault-kinds.ts";
import type { Times, Verdict } from "./verdict.ts";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const span = ({ p50Ms, maxMs }: Times): string => `${seconds(p50Ms)}, at most ${seconds(maxMs)}`;

/** What a run was like, in words: a line for each kind of fault, then the verdict. Nothing in it is not in the JSON. */
export function summaryOf(verdict: Verdict): string {
  const { findings, faults, resumed, calm, reasons } = verdict;
  const lines = FAULT_KINDS.flatMap((kind) => {
    const count = faults[kind] ?? 0;
    if (count === 0) return [];
    const back = resumed[kind];
    const lost =
      back === undefined
        ? "no socket lost"
        : `${back.count} sockets lost, back after ${seconds(back.p50Ms)} (half), ${seconds(back.p99Ms)} (99 %)`;
    const all = calm[kind];
    return [`${kind}, ${count} times: ${lost}; ${all === undefined ? "never calm" : `all calm after ${span(all)}`}`];
  });
  const { chats, texts, lost, doubled, reordered, foreign, endedByUs, ghosts, inTwoChats } = findings;
  const across = `${Math.round(findings.acrossPools * 100)} % across pools, ${Math.round(findings.acrossRegions * 100)} % across regions`;
  return [
    ...lines,
    `${chats} chats (${across}), ${texts} texts: ${lost} lost, ${doubled} doubled, ${reordered} reordered, ${foreign} foreign`,
    `${endedByUs} chats ended by us, ${ghosts} ghosts, ${inTwoChats} in two chats, ${verdict.neverBack} never back`,
    `${verdict.verdict}${reasons.length === 0 ? "" : `: ${reasons.join("; ")}`}`,
  ].join("\n");
}
