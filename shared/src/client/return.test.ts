import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "vitest";
import { Brain, ENDPOINTS, inChat, ME } from "../../test/support/brain.ts";
import { BACK_OFF_MS_MAX, CLIENT_PATIENCE_MS } from "../limits.ts";
import { backOffMs } from "./backoff.ts";
import type { ConnectRefusal } from "./state.ts";

const refusal = (code: ConnectRefusal["code"], retryAfterMs?: number): ConnectRefusal => ({
  code,
  retryAfterMs,
  words: "words",
  challenge: undefined,
});
const refuse = (brain: Brain, told: ConnectRefusal): Brain =>
  brain.take({ event: "refused", ask: brain.state.link.asks, refusal: told });
const urls = (brain: Brain): readonly unknown[] => brain.did("open").map((one) => one.url);

test("[C14] the back-off is drawn evenly between zero and a bound that doubles up to 20 s", () => {
  deepEqual(
    [0, 1, 2, 3, 4, 5, 60, 2_000].map((tries) => backOffMs(tries, 0.5)),
    [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000],
  );
  equal(backOffMs(9, 0), 0);
  ok(backOffMs(9, 0.999_999) < BACK_OFF_MS_MAX);
});

test("[C14] a close before open leads to the next endpoint, with the same ticket while it is young", () => {
  const brain = new Brain().call({ call: "connect" }).admitted();
  for (let i = 0; i < 3; i++) brain.closed(1006).wait(10_000 / 2);
  deepEqual(
    urls(brain).slice(0, 3),
    ENDPOINTS.map((one) => one.url),
  );
  deepEqual(new Set(brain.did("open").map((one) => one.ticket)), new Set(["t1"]));
});

test("[C14] a ticket of 20 s is old: a new one is fetched, and the pools that failed are named", () => {
  const brain = new Brain().call({ call: "connect" }).admitted();
  brain.wait(9_999).closed(1006).clear().wait(1_000);
  equal(brain.did("ask").length, 0);
  brain.wait(9_500).closed(1006).clear().wait(2_000);
  deepEqual(brain.did("ask")[0]?.body, {
    session: "s1",
    device: "d",
    avoid: ["eu-west/a", "eu-west/b"],
  });
});

test("[C15] 40xx comes back at once, 41xx and strange codes after a pause, 42xx with a new ticket, `retry_after` is obeyed", () => {
  const cases: [number, string, number][] = [
    [4000, "", 0],
    [4099, "", 0],
    [4100, "", 500],
    [1006, "", 500],
    [3999, "", 500],
    [4202, "retry_after=7", 10_500],
    [4102, "retry_after=2", 3_000],
    [4200, "retry_after=soon", 0],
  ];
  for (const [code, reason, waitMs] of cases) {
    const brain = new Brain().comeIn().wait(6_000).closed(code, reason).clear();
    equal(brain.view.connection, "reconnecting", `${code}`);
    if (waitMs > 0) equal(brain.wait(waitMs - 1).did("ask").length, 0, `${code} not before`);
    equal(brain.wait(1).did("ask").length, 1, `${code} after ${waitMs}`);
  }
});

test("[C15] a link that breaks again and again is tried more and more slowly, even when told to come at once", () => {
  const brain = new Brain().comeIn();
  const pausesMs: number[] = [];
  for (let i = 0; i < 5; i++) {
    brain.closed(4000);
    const beforeMs = brain.nowMs;
    pausesMs.push((brain.state.link.returnAtMs ?? 0) - beforeMs);
    brain.opening().opened().hear({ type: "session_created", session_id: ME, resume: false });
  }
  deepEqual(pausesMs, [0, 1_000, 2_000, 4_000, 8_000]);
  brain.wait(5_000).closed(4000);
  equal((brain.state.link.returnAtMs ?? 0) - brain.nowMs, 0, "five good seconds start it over");
});

test("[C15] what closes on an older socket is ignored, even `superseded`", () => {
  const brain = new Brain().chat();
  const old = brain.state.link.sockets;
  brain.closed(1006).wait(1_000).admitted().opened();
  brain.take({ event: "closed", socket: old, code: 4302, reason: "" });
  equal(brain.view.stopped, undefined);
  brain.hear({ type: "session_created", session_id: ME, resume: true }, inChat());
  equal(brain.view.connection, "open");
  equal(brain.view.now.scene, "chatting");
});

test("[C16] after all endpoints were shut twice the way leads through the edge; when that is shut too, to the pools again", () => {
  const brain = new Brain().call({ call: "connect" }).admitted();
  for (let i = 0; i < 6; i++) {
    brain.closed(1006).opening();
  }
  deepEqual(
    brain
      .did("open")
      .slice(0, 7)
      .map((one) => one.url === undefined),
    [...Array(6).fill(false), true],
  );
  brain.clear().closed(1006).opening();
  equal(brain.did("open")[0]?.url !== undefined, true);
});

test("[C16] where the edge's way worked it is taken first from then on", () => {
  const brain = new Brain().call({ call: "connect" }).admitted();
  for (let i = 0; i < 6; i++) {
    brain.closed(1006).opening();
  }
  brain.opened().hear({ type: "session_created", session_id: ME, resume: false });
  brain.wait(6_000).closed(1006).clear().opening();
  deepEqual(urls(brain), [undefined]);
});

test("[C16] who reached a pool before tries the pools first again", () => {
  const brain = new Brain().comeIn().wait(6_000).closed(4000).opening();
  for (let i = 0; i < 6; i++) {
    brain.closed(1006).opening();
  }
  equal(urls(brain).at(-1), undefined);
  brain.opened().hear({ type: "session_created", session_id: ME, resume: true });
  brain.wait(6_000).closed(1006).clear().opening();
  equal(urls(brain)[0] !== undefined, true);
});

test("[C17] `moving`: the new socket is opened first, with the way given, and the old one left when back on the new", () => {
  const brain = new Brain().chat();
  const old = brain.state.link.sockets;
  const endpoints = [{ url: "ws://new", region: "eu-west", pool: "new" }];
  brain.hear({ type: "moving", after_ms: 300, reason: "draining", endpoints, ticket: "handover" }).clear();
  deepEqual(brain.wait(299).effects, []);
  brain.wait(1);
  deepEqual(brain.did("open"), [{ do: "open", socket: old + 1, url: "ws://new", ticket: "handover" }]);
  equal(brain.view.connection, "open");
  brain.say("on the old one");
  equal(brain.did("send").at(-1)?.socket, old);
  brain.opened().hear({ type: "session_created", session_id: ME, resume: true });
  equal(brain.did("close").length, 0);
  brain.hear(inChat());
  deepEqual(brain.did("close"), [{ do: "close", socket: old }]);
  equal(brain.did("send").at(-1)?.socket, old + 1);
  brain.take({ event: "closed", socket: old, code: 4302, reason: "" });
  equal(brain.view.connection, "open");
});

test("[C17] `moving` without a pause is obeyed at once: a hidden tab's timers may take a minute", () => {
  const brain = new Brain().chat();
  const old = brain.state.link.sockets;
  const endpoints = [{ url: "ws://new", region: "eu-west", pool: "new" }];
  brain.clear().hear({ type: "moving", after_ms: 0, reason: "draining", endpoints, ticket: "handover" });
  deepEqual(brain.did("open"), [{ do: "open", socket: old + 1, url: "ws://new", ticket: "handover" }]);
  // Told again on the way there: one new socket is enough.
  brain.clear().hear({ type: "moving", after_ms: 0, reason: "draining", endpoints, ticket: "another" });
  deepEqual(brain.effects, []);
});

test("[C17] `moving` without a way asks the edge, avoiding the pool; no later than ten seconds", () => {
  const brain = new Brain().chat().hear({ type: "moving", after_ms: 120_000, reason: "draining" }).clear().wait(10_000);
  deepEqual(brain.did("ask")[0]?.body.avoid, ["eu-west/a"]);
});

test("[C17] if the new socket fails the old one is still spoken on; if the old one goes meanwhile, the new one is waited for", () => {
  const brain = new Brain().chat();
  const old = brain.state.link.sockets;
  brain.hear({ type: "moving", after_ms: 0, reason: "draining" }).wait(1).admitted().closed(1006);
  equal(brain.view.connection, "open");
  brain.clear().say("still here");
  equal(brain.did("send")[0]?.socket, old);
  brain.wait(2_000).take({ event: "closed", socket: old, code: 4000, reason: "" });
  equal(brain.view.connection, "reconnecting");
  brain.opened().hear({ type: "session_created", session_id: ME, resume: true }, inChat());
  equal(brain.view.connection, "open");
});

test("[C18] after 20 s of silence a ping; ten more without anything and the socket is given up", () => {
  const brain = new Brain().comeIn().clear().wait(19_999);
  deepEqual(brain.sent, []);
  deepEqual(brain.wait(1).sent, [{ type: "ping" }]);
  brain.wait(9_999);
  equal(brain.view.connection, "open");
  brain.wait(1);
  equal(brain.view.connection, "reconnecting");
  equal(brain.did("close").length, 1);
});

test("[C18] anything that comes is an answer", () => {
  const brain = new Brain().comeIn().wait(25_000).hear({ type: "partner_left" }).clear().wait(19_000);
  equal(brain.view.connection, "open");
  deepEqual(brain.sent, []);
});

test("[C18] a timer that fires late proves nothing: one more ping is sent and waited for", () => {
  const brain = new Brain().comeIn().wait(20_000).clear();
  brain.nowMs += 3_600_000;
  brain.take({ event: "woke" });
  equal(brain.view.connection, "open");
  deepEqual(brain.sent, [{ type: "ping" }]);
  brain.hear({ type: "pong" }).wait(15_000);
  equal(brain.view.connection, "open");
  const silent = new Brain().comeIn().wait(20_000);
  for (let i = 0; i < 2; i++) {
    silent.nowMs += 60_000; // a hidden tab is woken once a minute
    silent.take({ event: "woke" });
  }
  equal(silent.view.connection, "reconnecting");
});

test("[C18] what takes more than ten seconds to answer, to open or to greet is given up", () => {
  const asking = new Brain()
    .call({ call: "connect" })
    .clear()
    .wait(CLIENT_PATIENCE_MS + 1_000);
  equal(asking.did("ask").length, 1);
  asking.take({ event: "refused", ask: 1, refusal: refusal("bad_request") });
  equal(asking.view.stopped, undefined, "a late answer is no answer");
  for (const brain of [
    new Brain().call({ call: "connect" }).admitted(),
    new Brain().call({ call: "connect" }).admitted().opened(),
  ]) {
    brain.clear().wait(CLIENT_PATIENCE_MS + 1_000);
    deepEqual(brain.did("close"), [{ do: "close", socket: 1 }]);
    equal(brain.did("open").length + brain.did("ask").length > 0, true);
    brain.clear().take({ event: "opened", socket: 1 });
    deepEqual(brain.did("close"), [{ do: "close", socket: 1 }], "one that opens too late is closed");
  }
});

test.each([
  [4302, "superseded"],
  [4301, "broken_client"],
  [4399, "broken_client"],
])("[C19] %i: the client stops, and comes back only when asked", (code, why) => {
  const brain = new Brain().chat().closed(code);
  deepEqual(brain.view.stopped, { why });
  equal(brain.clear().wait(3_600_000).effects.length, 0);
  equal(brain.view.connection, "offline");
  equal(brain.call({ call: "connect" }).did("ask").length, 1);
  equal(brain.view.stopped, undefined);
});

test("[C19] `superseded` erases what the tab kept: the newer tab has the session, this one starts anew", () => {
  const brain = new Brain().chat().say("hello").closed(4302);
  deepEqual(brain.kept, { tab: null, chat: null, device: "d" });
  deepEqual(brain.call({ call: "connect" }).did("ask").at(-1)?.body, { device: "d" });
});

test("[C19] banned, by frame, by close code or by the edge: stopped until then", () => {
  const byFrame = new Brain().chat().hear({ type: "banned", duration: 60, reason: "spam" }).closed(4300);
  deepEqual(byFrame.view.stopped, { why: "banned", untilMs: byFrame.nowMs + 60_000, reason: "spam" });
  const byCode = new Brain().comeIn().closed(4300, "retry_after=30");
  deepEqual(byCode.view.stopped, { why: "banned", untilMs: byCode.nowMs + 30_000, reason: "" });
  const byEdge = refuse(new Brain().call({ call: "connect" }), refusal("banned", 5_000));
  deepEqual(byEdge.view.stopped, { why: "banned", untilMs: byEdge.nowMs + 5_000, reason: "words" });
});

test.each(["rate_limited", "no_capacity"] as const)(
  "[C22] %s: waits as long as asked and half as long again, then asks",
  (code) => {
    const brain = refuse(new Brain().call({ call: "connect" }), refusal(code, 9_000)).clear();
    equal(brain.wait(13_499).did("ask").length, 0);
    equal(brain.wait(1).did("ask").length, 1);
  },
);

test("[C22] a challenge is shown, and its answer travels once", () => {
  const challenge = { sitekey: "k", action: "connect" };
  const brain = new Brain().call({ call: "connect" });
  refuse(brain, { ...refusal("challenge_required"), challenge }).clear();
  deepEqual(brain.view.challenge, challenge);
  equal(brain.wait(600_000).effects.length, 0);
  brain.call({ call: "answer_challenge", token: "person" });
  deepEqual(brain.did("ask")[0]?.body, { challenge: "person" });
  equal(brain.view.challenge, undefined);
  refuse(brain, refusal("unreachable")).clear().wait(5_000);
  deepEqual(brain.did("ask")[0]?.body, {});
});

test("[C22] an expired session is forgotten, and the client comes as somebody new", () => {
  const brain = new Brain().chat().wait(6_000).closed(4000).wait(0);
  refuse(brain, refusal("session_expired")).clear().wait(2_000);
  deepEqual(brain.did("ask")[0]?.body, { device: "d" });
  deepEqual(brain.view.now, { scene: "idle", note: "lost", chat: brain.state.left });
});

test("[C22] a region that is not there stops who is new; who was in before waits for it", () => {
  const fresh = refuse(new Brain().call({ call: "connect" }), refusal("unknown_region"));
  equal(fresh.view.stopped?.why, "refused");
  const before = new Brain().comeIn().wait(6_000).closed(4202).wait(10_000);
  refuse(before, refusal("unknown_region"));
  equal(before.view.stopped, undefined);
  ok(before.clear().wait(20_000).did("ask").length > 0);
});

test("[C22] what the edge cannot read is tried once without the session; other refusals stop", () => {
  const brain = new Brain().comeIn().wait(6_000).closed(4000).wait(0);
  refuse(brain, refusal("bad_request")).wait(2_000);
  equal(brain.view.stopped, undefined);
  refuse(brain, refusal("bad_request"));
  deepEqual(brain.view.stopped, { why: "refused", code: "bad_request", retryAfterMs: undefined });
  const page = refuse(new Brain().call({ call: "connect" }), refusal("forbidden_origin"));
  equal(page.view.stopped?.why, "refused");
});

test("[C23] its home away, an idle client comes as somebody new after three tries, one that chats after five minutes", () => {
  const idle = new Brain().comeIn();
  for (let i = 0; i < 2; i++) idle.closed(4102).again().admitted().opened();
  ok(idle.did("ask").at(-1)?.body.session !== undefined);
  idle.closed(4102).again();
  equal(idle.did("ask").at(-1)?.body.session, undefined);

  const chatting = new Brain().chat().closed(4102);
  const startMs = chatting.nowMs;
  for (; chatting.nowMs < startMs + 300_000; chatting.admitted().opened().closed(4102)) {
    ok(chatting.clear().again().did("ask")[0]?.body.session !== undefined, `after ${chatting.nowMs - startMs} ms`);
    equal(chatting.view.now.scene, "chatting");
  }
  equal(chatting.clear().again().did("ask")[0]?.body.session, undefined);
  equal(chatting.view.now.scene, "idle");
});
