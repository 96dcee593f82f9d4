import { expect, test } from "vitest";
import { pairUp, SteadyChat } from "./support/steady-chat.ts";
import { fate, openTwoPools } from "./support/two-pools.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;

test("[B23] a bus that is killed and comes again: chats of one shard notice nothing, others wait and go on, and newcomers are let in", async () => {
  const { ground, doors } = await openTwoPools({ PATH, HOME });
  try {
    const local = await SteadyChat.start(doors[0].port, ground.key);
    const { a, b, chat } = await pairUp(doors[0].port, ground.key, doors[1]);
    const say = (id: number): void => a.say({ type: "message", chat_id: chat, id, text: `text ${id}` });
    say(1);
    await b.next("message");
    await ground.nats().kill();
    expect(await fate(doors[0], ground)).toBe(4102);
    say(2);
    await local.caughtUp();
    expect(b.all("message")).toHaveLength(1);
    await ground.restartNats();
    // A client says again what was not confirmed, here once a second.
    let saidMs = performance.now();
    await until("the text that was said in vain", () => {
      if (performance.now() - saidMs > 1_000) {
        saidMs = performance.now();
        say(2);
      }
      return b.all("message").length > 1;
    });
    say(3);
    await until("the text after it", () => b.all("message").some(({ id }) => id === 3));
    const shown = [...new Set(b.all("message").map(({ id }) => id))];
    expect(shown).toEqual([1, 2, 3]);
    for (const one of [a, b]) expect(one.all("partner_left")).toEqual([]);
    await until("newcomers are let in", async () => (await fate(doors[1], ground)) === "in");
    for (const one of [a, b]) one.vanish();
    await local.stop();
  } finally {
    await ground.close();
  }
}, 40_000);
