import { expect, test } from "vitest";
import { redisPlaceOf } from "./redis-place.ts";

const A = { host: "10.0.0.1", port: 7000 };
const B = { host: "redis-2.internal", port: 7001 };

test("[R36] one server is passed on as it was written", () => {
  for (const url of ["redis://127.0.0.1:6379", "rediss://user:s3cret@redis.internal:6380/2"])
    expect(redisPlaceOf(url)).toEqual({ form: "one", url });
});

test.each([
  ["redis+cluster://10.0.0.1:7000", { hosts: [A], tls: false, login: {} }],
  ["redis+cluster://10.0.0.1:7000,redis-2.internal:7001", { hosts: [A, B], tls: false, login: {} }],
  ["rediss+cluster://:p%40ss@10.0.0.1:7000", { hosts: [A], tls: true, login: { password: "p@ss" } }],
  [
    "redis+cluster://clerk:a:b@[::1]:1",
    { hosts: [{ host: "::1", port: 1 }], tls: false, login: { username: "clerk", password: "a:b" } },
  ],
])("[R36] %s is a cluster", (url, wanted) => {
  expect(redisPlaceOf(url)).toEqual({ form: "cluster", ...wanted });
});

test.each([
  ["redis+sentinel://10.0.0.1:7000,redis-2.internal:7001/eu-west", { tls: false, login: {}, sentinelLogin: {} }],
  [
    "rediss+sentinel://:s3cret@10.0.0.1:7000,redis-2.internal:7001/eu-west?sentinel_password=o%2Bther",
    { tls: true, login: { password: "s3cret" }, sentinelLogin: { password: "o+ther" } },
  ],
  [
    "redis+sentinel://10.0.0.1:7000,redis-2.internal:7001/eu-west?sentinel_user=w&sentinel_password=x",
    { tls: false, login: {}, sentinelLogin: { username: "w", password: "x" } },
  ],
])("[R36] %s is a master that sentinels name", (url, wanted) => {
  expect(redisPlaceOf(url)).toEqual({ form: "sentinel", hosts: [A, B], master: "eu-west", ...wanted });
});

test.each([
  "",
  "127.0.0.1:6379",
  "http://127.0.0.1:6379",
  "redis+ring://10.0.0.1:7000",
  "redis+cluster://",
  "redis+cluster://10.0.0.1",
  "redis+cluster://10.0.0.1:0",
  "redis+cluster://10.0.0.1:65536",
  "redis+cluster://10.0.0.1:7000,",
  "redis+cluster://10.0.0.1:7000,10.0.0.1:7000",
  "redis+cluster://10.0.0.1:7000, 10.0.0.2:7000",
  "redis+cluster://10.0.0.1:7000/0",
  "redis+cluster://10.0.0.1:7000?x=1",
  "redis+cluster://[1.2.3]:7000",
  "redis+cluster://-bad-:7000",
  "redis+cluster://clerk@10.0.0.1:7000",
  "redis+cluster://clerk:@10.0.0.1:7000",
  "redis+cluster://:%zz@10.0.0.1:7000",
  "redis+cluster://a:b@c:d@10.0.0.1:7000",
  "redis+sentinel://10.0.0.1:26379",
  "redis+sentinel://10.0.0.1:26379/",
  "redis+sentinel://10.0.0.1:26379/two words",
  "redis+sentinel://10.0.0.1:26379/eu-west/0",
  "redis+sentinel://10.0.0.1:26379/eu-west?sentinel_pasword=x",
  "redis+sentinel://10.0.0.1:26379/eu-west?sentinel_user=w",
  "redis+sentinel://10.0.0.1:26379/eu-west?sentinel_password=",
])("[R36] %s is no address of a Redis", (url) => {
  expect(redisPlaceOf(url)).toBeUndefined();
});
