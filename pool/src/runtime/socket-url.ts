import { SOCKET_PATH } from "@whisper/shared/protocol/version";
import type { TlsFiles } from "./tls-files.ts";

/** Where sockets are listened for, and what clients are told instead if that is not where they go. */
export type SocketPlace = { readonly host: string; readonly url?: string; readonly tls?: TlsFiles };

/** The address that clients are told. */
export const socketUrlOf = ({ host, url, tls }: SocketPlace, port: number): string =>
  url ?? `${tls === undefined ? "ws" : "wss"}://${host}:${port}${SOCKET_PATH}`;
