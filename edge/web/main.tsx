import { browserWorld } from "@whisper/shared/client/browser-world";
import { createWhisperClient } from "@whisper/shared/client/whisper-client";
import { render } from "preact";
import { App } from "./app.tsx";

const root = document.getElementById("page");
if (root === null) throw new Error("the page has no root");
const world = browserWorld(location.origin);
render(<App client={createWhisperClient(world)} world={world} />, root);
