import { createHash, randomBytes } from "node:crypto";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { clientFrame, FrameReader, OPCODE, textFrame } from "./frames.ts";

/** Where a socket goes; not kept once it is open. */
export type SocketWay = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly protocols?: readonly string[];
  /** Which address of this machine to come from; the system's choice if not given. */
  readonly source?: string;
  /** Speaks TLS, and trusts whoever answers on an address of loopback: a server of one's own. */
  readonly secure?: boolean;
};

/** What hears a socket. One may hear many: `owner` is what each was opened with. */
export type SocketEars<Owner> = {
  opened(owner: Owner, socket: RawSocket<Owner>): void;
  /** A text. `bytes[from, to)` are valid only until it returns. */
  text(owner: Owner, socket: RawSocket<Owner>, bytes: Buffer, from: number, to: number): void;
  /** Called once: the close code, 1006 when there was none, and its reason; `status` of a refused upgrade. */
  closed(owner: Owner, socket: RawSocket<Owner>, code: number, status: number, reason: string): void;
};

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY = randomBytes(16).toString("base64");
const ACCEPT = `sec-websocket-accept: ${createHash("sha1").update(`${KEY}${GUID}`).digest("base64")}`.toLowerCase();
const HEAD_BYTES_MAX = 8_192;
const NO_CODE = 1_006;

/** Every socket of the process is read into this one buffer: what it holds is used before the next read. */
const INBOX = Buffer.allocUnsafeSlow(65_536);

/** A TCP socket that knows whose it is, so that one listener serves all. */
type Wire<Owner> = Socket & { readonly raw: RawSocket<Owner> };
type Handshake = { readonly request: string; head: string };

/** The reader of every socket that holds no part of a frame; who gets to hold one keeps it, and another comes here. */
let idleReader = new FrameReader();

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

/**
 * A WebSocket client on a bare TCP socket, made to cost little: no listener, closure or reader of its own, no event
 * emitter per frame, no copy of what is read whole.
 */
export class RawSocket<Owner = undefined> {
  readonly #wire: Wire<Owner>;
  readonly #ears: SocketEars<Owner>;
  readonly #owner: Owner;
  /** Until it is open. */
  #handshake: Handshake | undefined;
  #reader: FrameReader | undefined;
  #isOpen = false;
  #status = 0;
  #code = NO_CODE;
  #reason = "";

  constructor(way: SocketWay, ears: SocketEars<Owner>, owner: Owner) {
    this.#ears = ears;
    this.#owner = owner;
    this.#handshake = { request: requestOf(way), head: "" };
    const { host, port, source, secure = false } = way;
    const to = {
      host,
      port,
      noDelay: true,
      ...(source === undefined ? {} : { localAddress: source }),
      onread: { buffer: INBOX, callback: onRead },
    };
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = secure ? connectTls({ ...to, ...name, rejectUnauthorized: !isLoopback(host) }) : connect(to);
    this.#wire = Object.assign(socket, { raw: this });
    this.#wire.once(secure ? "secureConnect" : "connect", onConnect);
    this.#wire.on("error", ignore);
    this.#wire.on("close", onClose);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Writes a frame made before. */
  write(frame: Buffer): void {
    this.#wire.write(frame);
  }

  /** Writes a text. */
  say(wire: string): void {
    this.#wire.write(textFrame(wire));
  }

  /** Says goodbye; the server closes. */
  close(code = 1_000): void {
    if (!this.#isOpen) return this.cut();
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#wire.write(clientFrame(OPCODE.close, payload));
  }

  /** Closes without a word. */
  cut(): void {
    this.#wire.destroy();
  }

  /** Cuts with a reset: neither side keeps the port busy for the minute that a goodbye takes (TIME_WAIT). */
  reset(): void {
    if ("encrypted" in this.#wire)
      this.#wire.destroy(); // Node resets bare TCP sockets only
    else this.#wire.resetAndDestroy();
  }

  /** For the wire alone: it is connected. */
  onConnect(): void {
    if (this.#handshake !== undefined) this.#wire.write(this.#handshake.request);
  }

  /** For the wire alone: it is closed. */
  onClose(): void {
    this.#ears.closed(this.#owner, this, this.#code, this.#status, this.#reason);
  }

  /** For the wire alone: so many bytes are in the one buffer. */
  onRead(bytes: number): void {
    if (this.#handshake === undefined) this.#frames(INBOX, 0, bytes);
    else this.#answer(this.#handshake, bytes);
  }

  /** The answer to the upgrade, which may come in pieces and be followed by frames. */
  #answer(handshake: Handshake, bytes: number): void {
    handshake.head += INBOX.toString("latin1", 0, bytes);
    const end = handshake.head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (handshake.head.length > HEAD_BYTES_MAX) this.cut();
      return;
    }
    const head = handshake.head.slice(0, end);
    const rest = handshake.head.slice(end + 4);
    this.#handshake = undefined;
    this.#status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    if (this.#status !== 101 || !head.toLowerCase().includes(ACCEPT)) return this.cut();
    this.#isOpen = true;
    this.#ears.opened(this.#owner, this);
    if (rest.length > 0) this.#frames(Buffer.from(rest, "latin1"), 0, rest.length);
  }

  #frames(bytes: Buffer, from: number, to: number): void {
    const reader = this.#reader ?? idleReader;
    if (!reader.push(bytes, from, to, (opcode, all, start, end) => this.#frame(opcode, all, start, end))) this.cut();
    if (reader.isIdle) this.#reader = undefined;
    else {
      this.#reader = reader;
      if (reader === idleReader) idleReader = new FrameReader();
    }
  }

  #frame(opcode: number, bytes: Buffer, from: number, to: number): void {
    switch (opcode) {
      case OPCODE.text:
        return this.#ears.text(this.#owner, this, bytes, from, to);
      case OPCODE.ping:
        this.#wire.write(clientFrame(OPCODE.pong, bytes.subarray(from, to)));
        return;
      case OPCODE.close:
        if (to - from >= 2) {
          this.#code = bytes.readUInt16BE(from);
          this.#reason = bytes.toString("utf8", from + 2, to);
        }
        this.#wire.end(clientFrame(OPCODE.close, bytes.subarray(from, Math.min(to, from + 2))));
        return;
      default: // pongs and binaries say nothing to a generator
    }
  }
}

function requestOf({ host, port, path, protocols = [] }: SocketWay): string {
  const offer = protocols.length === 0 ? "" : `Sec-WebSocket-Protocol: ${protocols.join(", ")}\r\n`;
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${offer}\r\n`
  );
}

function onConnect(this: Wire<unknown>): void {
  this.raw.onConnect();
}

function onClose(this: Wire<unknown>): void {
  this.raw.onClose();
}

function onRead(this: Wire<unknown>, bytes: number): boolean {
  this.raw.onRead(bytes);
  return true;
}

function ignore(): void {
  // The close that follows tells; what matters to a generator is that it came.
}
