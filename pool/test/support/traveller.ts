import type { ChatId, DeviceHash, SessionId } from "@whisper/shared/base/ids";
import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { memoryKeep } from "@whisper/shared/client/browser-world";
import type { Connected } from "@whisper/shared/client/connect-call";
import { type ClientHands, type OpenedSocket, type RunningClient, runClient } from "@whisper/shared/client/run-client";
import type { ClientState } from "@whisper/shared/client/state";
import type { Line } from "@whisper/shared/client/view";
import { offeredProtocols } from "@whisper/shared/protocol/version";
import { WebSocket } from "ws";
import type { FastTime } from "./fast-time.ts";
import { newDevice } from "./region.ts";

/** Lets somebody in at a shard: what the edge would answer. */
export type Door = {
  readonly region: string;
  readonly pool: string;
  readonly url: string;
  ticket(of: { readonly session: SessionId; readonly device: DeviceHash; readonly isNew: boolean }): Promise<string>;
};

/** A person with the real client library on a real socket, who comes in at the door that the test chooses. */
export class Traveller {
  readonly session = newSessionId(systemRandom);
  readonly client: RunningClient;
  /** How each scene was left and begun, in order. */
  readonly scenes: string[] = [];
  readonly #device = newDevice();
  /** The door of the next way in. */
  door: Door;
  /** Sockets that are open or opening, the newest last. */
  readonly sockets = new Set<WebSocket>();
  #cameIn = false;

  constructor(door: Door, time: FastTime, chance: () => number) {
    this.door = door;
    const hands: ClientHands = {
      nowMs: time.nowMs,
      chance,
      setTimer: time.setTimer,
      clearTimer: time.clearTimer,
      tab: memoryKeep(),
      device: memoryKeep(),
      ask: () => this.#ask(),
      open: (url, ticket, heard) => this.#open(url ?? "", ticket, heard),
    };
    this.client = runClient(hands, (before, after) => {
      if (before.scene.scene !== after.scene.scene) this.scenes.push(after.scene.scene);
    });
  }

  get state(): ClientState {
    return this.client.state();
  }

  /** The chat this person is in, as their page shows it. */
  get chat(): ChatId | undefined {
    const { scene } = this.state;
    return scene.scene === "chatting" ? scene.chat : undefined;
  }

  get isAlone(): boolean {
    const { scene } = this.state;
    return scene.scene === "chatting" && scene.partnerAwayUntilMs !== undefined;
  }

  seek(interest: string): void {
    this.client.tell({ call: "seek", interests: [interest], languages: undefined });
  }

  say(text: string): void {
    this.client.tell({ call: "say", text });
  }

  /** What stands on the page, of one of the two. */
  lines(from: Line["from"]): readonly string[] {
    return this.state.transcript.filter((line) => line.from === from).map((line) => line.text);
  }

  /** Whether every text of theirs was delivered. */
  get isConfirmed(): boolean {
    const { talk } = this.state;
    return talk !== undefined && talk.delivered === talk.lastId;
  }

  /** The network is gone under every socket of theirs. */
  vanish(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  leave(): void {
    this.client.tell({ call: "close" });
  }

  /** How they stand, for a test that failed. */
  describe(): string {
    const { scene, talk, link, flow } = this.state;
    const said = talk === undefined ? "no chat" : `said ${talk.lastId}, sent ${flow.sent}, delivered ${talk.delivered}`;
    return `${scene.scene}${this.isAlone ? " alone" : ""} (${said}, socket ${link.newest?.phase ?? "none"})`;
  }

  async #ask(): Promise<Connected> {
    const { door, session } = this;
    const ticket = await door.ticket({ session, device: this.#device, isNew: !this.#cameIn });
    const endpoints = [{ url: door.url, region: door.region, pool: door.pool }];
    const admission = { session: "kept", sessionId: session, device: "kept", ticket, endpoints };
    return { ok: true, admission };
  }

  #open(url: string, ticket: string, heard: Parameters<ClientHands["open"]>[2]): OpenedSocket {
    const socket = new WebSocket(url, offeredProtocols(ticket), { perMessageDeflate: false });
    this.sockets.add(socket);
    socket.on("open", () => {
      this.#cameIn = true;
      heard.opened();
    });
    socket.on("message", (data) => heard.frame(String(data)));
    socket.on("error", () => undefined); // `close` follows
    socket.on("close", (code, reason) => {
      this.sockets.delete(socket);
      heard.closed(code, String(reason));
    });
    return {
      send(wire) {
        if (socket.readyState === WebSocket.OPEN) socket.send(wire);
      },
      close: () => socket.close(1000),
    };
  }
}
