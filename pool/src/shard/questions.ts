import type { ClerkCalls } from "./clerk-calls.ts";
import type { Event } from "./event.ts";
import type { Hub, Person } from "./hub.ts";
import type { Hands } from "./run-effects.ts";

const UNSAID = { req: 0, partnerAddress: undefined, partnerEpoch: undefined } as const;
const HALF_AWAY = { kind: "half_ended", answer: "home_away", ...UNSAID } as const;
const WHERE_AWAY = { kind: "whereabouts", chat: "home_away", ...UNSAID } as const;

/** Asks a partner's home; the answer, or its silence, comes back as an event if the person still has a place here. */
export function askHome(
  { me: { session } }: Person,
  memo: Parameters<Hands["ask"]>[1],
  world: { readonly hub: Hub; readonly calls: ClerkCalls; apply(person: Person, event: Event): void },
): void {
  const { chat } = memo;
  const tell = (event: Event): void => {
    const still = world.hub.personOf(session);
    if (still !== undefined) world.apply(still, event);
  };
  if (memo.kind === "end_half") {
    world.calls.ask<"end_half">(
      memo,
      (answer) => tell({ event: "half_ended", chat, answer }),
      () => tell({ event: "half_ended", chat, answer: HALF_AWAY }),
    );
    return;
  }
  world.calls.ask<"where">(
    memo,
    (answer) => tell({ event: "whereabouts", chat, answer }),
    () => tell({ event: "whereabouts", chat, answer: WHERE_AWAY }),
  );
}
