import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { clientFrame, FrameReader, OPCODE, textFrame } from "./frames.ts";

export type RawSocketOptions = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly protocols?: readonly string[];
  /** Which address of the loopback network to come from; the system's choice if not given. */
  readonly source?: string;
  /** Speaks TLS, and trusts whoever answers: to a server of the bench's own. */
  readonly secure?: boolean;
  opened(): void;
  /** A text. `bytes[from, to)` are valid only until it returns. */
  text(bytes: Buffer, from: number, to: number): void;
  /** Called once: the close code, 1006 when there was none, and its reason; `status` of a refused upgrade. */
  closed(code: number, status: number, reason: string): void;
};

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY = randomBytes(16).toString("base64");
const ACCEPT = `sec-websocket-accept: ${createHash("sha1").update(`${KEY}${GUID}`).digest("base64")}`.toLowerCase();
const HEAD_BYTES_MAX = 8_192;
const NO_CODE = 1_006;

/** Every socket of the process is read into this one buffer: what it holds is used before the next read. */
const INBOX = Buffer.allocUnsafeSlow(65_536);

/**
 * A WebSocket client on a bare TCP socket, made to cost little: no event emitter per frame, no copy of what is read
 * whole.
 */
export class RawSocket {
  readonly #options: RawSocketOptions;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  #head = "";
  #isOpen = false;
  #status = 0;
  #code = NO_CODE;
  #reason = "";

  constructor(options: RawSocketOptions) {
    this.#options = options;
    const { host, port, source, secure = false } = options;
    const to = {
      host,
      port,
      noDelay: true,
      ...(source === undefined ? {} : { localAddress: source }),
      onread: { buffer: INBOX, callback: (bytes: number) => this.#read(bytes) },
    };
    this.#socket = secure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    this.#socket.on(secure ? "secureConnect" : "connect", () => this.#socket.write(this.#request()));
    this.#socket.on("error", () => {
      // The close that follows tells; what matters to a generator is that it came.
    });
    this.#socket.on("close", () => this.#options.closed(this.#code, this.#status, this.#reason));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Writes a frame made before. */
  write(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** Writes a text. */
  say(wire: string): void {
    this.#socket.write(textFrame(wire));
  }

  /** Says goodbye; the server closes. */
  close(code = 1_000): void {
    if (!this.#isOpen) return this.cut();
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#socket.write(clientFrame(OPCODE.close, payload));
  }

  /** Closes without a word. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Cuts with a reset: neither side keeps the port busy for the minute that a goodbye takes (TIME_WAIT). */
  reset(): void {
    if (this.#options.secure === true)
      this.#socket.destroy(); // Node resets bare TCP sockets only
    else this.#socket.resetAndDestroy();
  }

  #request(): string {
    const { host, port, path, protocols = [] } = this.#options;
    const offer = protocols.length === 0 ? "" : `Sec-WebSocket-Protocol: ${protocols.join(", ")}\r\n`;
    return (
      `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${offer}\r\n`
    );
  }

  #read(bytes: number): boolean {
    if (this.#isOpen) this.#frames(INBOX, 0, bytes);
    else this.#answer(bytes);
    return true;
  }

  /** The answer to the upgrade, which may come in pieces and be followed by frames. */
  #answer(bytes: number): void {
    this.#head += INBOX.toString("latin1", 0, bytes);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#head.length > HEAD_BYTES_MAX) this.cut();
      return;
    }
    const head = this.#head.slice(0, end);
    const rest = this.#head.slice(end + 4);
    this.#head = "";
    this.#status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    if (this.#status !== 101 || !head.toLowerCase().includes(ACCEPT)) return this.cut();
    this.#isOpen = true;
    this.#options.opened();
    if (rest.length > 0) this.#frames(Buffer.from(rest, "latin1"), 0, rest.length);
  }

  #frames(bytes: Buffer, from: number, to: number): void {
    if (!this.#reader.push(bytes, from, to, this.#frame)) this.cut();
  }

  readonly #frame = (opcode: number, bytes: Buffer, from: number, to: number): void => {
    switch (opcode) {
      case OPCODE.text:
        return this.#options.text(bytes, from, to);
      case OPCODE.ping:
        this.#socket.write(clientFrame(OPCODE.pong, bytes.subarray(from, to)));
        return;
      case OPCODE.close:
        if (to - from >= 2) {
          this.#code = bytes.readUInt16BE(from);
          this.#reason = bytes.toString("utf8", from + 2, to);
        }
        this.#socket.end(clientFrame(OPCODE.close, bytes.subarray(from, Math.min(to, from + 2))));
        return;
      default: // pongs and binaries say nothing to a generator
    }
  };
}
