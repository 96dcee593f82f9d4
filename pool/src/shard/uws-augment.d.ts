// What the repacked uWebSockets.js (about 20.49) exports and its types lack. Goes when the types have it.
import type { RecognizedString, us_listen_socket } from "uWebSockets.js";

declare module "uWebSockets.js" {
  /** Fails when the port is taken, instead of sharing it by SO_REUSEPORT. */
  export const LIBUS_LISTEN_EXCLUSIVE_PORT: 1;
  export const DISABLED: 0;
  interface TemplatedApp {
    listen(
      host: RecognizedString,
      port: number,
      options: number,
      cb: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
}
