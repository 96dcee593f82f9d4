import { systemClock } from "@whisper/shared/base/clock";
import { render } from "preact";
import { App } from "../../app.tsx";
import { momentsAt } from "./moments.ts";
import { scriptedClient } from "./scripted-client.ts";

const root = document.getElementById("page");
const first = momentsAt(systemClock.nowMs())[location.hash.slice(1)];
if (root === null || first === undefined) throw new Error("no such moment");
const client = scriptedClient(first, systemClock.nowMs);
Object.assign(window, { scripted: client, momentsAt });
const world = {
  edge: location.origin,
  fetch: window.fetch.bind(window),
  nowMs: systemClock.nowMs,
  tab: sessionStorage,
  device: localStorage,
};
render(<App client={client} world={world} />, root);
