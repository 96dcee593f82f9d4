import { isIPv6 } from "node:net";

/** Who we are at a server. */
export type RedisLogin = { readonly username?: string; readonly password?: string };
export type RedisHost = { readonly host: string; readonly port: number };

/** Where a region's Redis is: one server, a cluster known by some of its nodes, or a master that sentinels name. */
export type RedisPlace =
  | { readonly form: "one"; readonly url: string }
  | {
      readonly form: "cluster";
      readonly hosts: readonly RedisHost[];
      readonly tls: boolean;
      readonly login: RedisLogin;
    }
  | {
      readonly form: "sentinel";
      readonly hosts: readonly RedisHost[];
      readonly tls: boolean;
      readonly login: RedisLogin;
      readonly master: string;
      /** What is said to the sentinels, which have users of their own. */
      readonly sentinelLogin: RedisLogin;
    };

const MANY = /^(redis|rediss)\+(cluster|sentinel):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(?:([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)|\[([0-9a-f:.]+)\]):(\d{1,5})$/i;
const MASTER = /^[\w.-]{1,128}$/;
const SENTINEL_SAYS: readonly string[] = ["sentinel_user", "sentinel_password"];

/**
 * What an address says: `redis://host:port`, `redis+cluster://host:port,host:port` or
 * `redis+sentinel://host:port,host:port/<master-name>`, each with `user:password@` before the hosts and with `rediss`
 * for TLS; sentinels' own user and password are `?sentinel_user=…&sentinel_password=…`. `undefined` when it is none.
 */
export function redisPlaceOf(address: string): RedisPlace | undefined {
  const [, scheme, form, info = "", list = "", path = "", query = ""] = MANY.exec(address) ?? [];
  if (form === undefined) return oneOf(address);
  const hosts = hostsOf(list);
  const login = loginOf(info);
  if (hosts === undefined || login === undefined) return undefined;
  const tls = scheme === "rediss";
  if (form === "cluster") return path === "" && query === "" ? { form, hosts, tls, login } : undefined;
  const sentinelLogin = sentinelLoginOf(query);
  if (sentinelLogin === undefined || !MASTER.test(path)) return undefined;
  return { form: "sentinel", hosts, tls, login, master: path, sentinelLogin };
}

function oneOf(url: string): RedisPlace | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol } = new URL(url);
  return protocol === "redis:" || protocol === "rediss:" ? { form: "one", url } : undefined;
}

function hostsOf(list: string): readonly RedisHost[] | undefined {
  const hosts: RedisHost[] = [];
  for (const word of list.split(",")) {
    const [, name, v6, digits] = HOST.exec(word) ?? [];
    const port = Number(digits);
    if (digits === undefined || port < 1 || port > 65_535 || (v6 !== undefined && !isIPv6(v6))) return undefined;
    hosts.push({ host: name ?? v6 ?? "", port });
  }
  // The same node twice is a typing error for another.
  return new Set(list.split(",")).size === hosts.length ? hosts : undefined;
}

function loginOf(info: string): RedisLogin | undefined {
  if (info === "") return {};
  const at = info.indexOf(":");
  if (at < 0) return undefined;
  const [username, password] = [decoded(info.slice(0, at)), decoded(info.slice(at + 1))];
  if (username === undefined || password === undefined || password === "") return undefined;
  return username === "" ? { password } : { username, password };
}

function sentinelLoginOf(query: string): RedisLogin | undefined {
  const said = new URLSearchParams(query);
  for (const name of said.keys()) if (!SENTINEL_SAYS.includes(name)) return undefined;
  const [username, password] = SENTINEL_SAYS.map((name) => said.get(name) ?? undefined);
  if (password === undefined || password === "") return query === "" ? {} : undefined;
  return username === undefined ? { password } : { username, password };
}

function decoded(word: string): string | undefined {
  try {
    return decodeURIComponent(word);
  } catch {
    return undefined; // a lone % is no escape
  }
}
