import { answerAsks } from "../engine/answer-asks.ts";
import { Crew } from "../people/crew.ts";
import type { Plan } from "../plan/plan.ts";

// The people of a load test in a process of the bench.

type Begin = { readonly plan: Plan; readonly startAtMs: number };

let crew: Crew | undefined;

answerAsks(
  {
    begin: (given) => {
      const { plan, startAtMs } = given as Begin;
      crew = new Crew(plan, 0, plan.connections, startAtMs);
    },
    tick: () => crew?.tick(),
  },
  () => crew?.stop(),
);
