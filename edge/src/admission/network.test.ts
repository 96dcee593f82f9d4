import { expect, test } from "vitest";
import { networkOf } from "./network.ts";

test.for([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1:2:3:4", "fe80:0:0:0::/64"],
] as const)("[E13] the network of %s is %s", ([address, network]) => {
  expect(networkOf(address)).toBe(network);
});

test.for([
  undefined,
  "",
  "localhost",
  "256.1.1.1",
  "1.2.3",
  "1.2.3.4.5",
  "1:2:3",
  "1::2::3",
  "2001:db8:1:2:3:4:5:6:7",
  "g::1",
  ":",
  ":::",
  "12345::",
  "1:2:3:4:5:6:7:8::",
  "::ffff:999.1.1.1",
  "1".repeat(400),
])("[E13] %s is no network: all such callers share one meter", (address) => {
  expect(networkOf(address)).toBe("none");
});
