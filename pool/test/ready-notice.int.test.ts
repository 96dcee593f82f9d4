import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tellSystemd } from "../src/runtime/ready-notice.ts";
import { heardLog } from "./support/region.ts";
import { until } from "./support/until.ts";

const { PATH = "" } = process.env;
const scratch = mkdtempSync(join(tmpdir(), "whisper-notice-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("[O11] systemd hears that we serve, and that we go", async () => {
  const socket = join(scratch, "notify");
  // A datagram socket, as systemd's, which Node has none of.
  const listener = spawn("perl", [
    "-MIO::Socket::UNIX",
    "-MSocket",
    "-e",
    '$|=1; my $s=IO::Socket::UNIX->new(Type=>SOCK_DGRAM,Local=>$ARGV[0]) or die; print "bound\\n"; while(defined $s->recv(my $m,4096)){print "$m\\n"}',
    socket,
  ]);
  let said = "";
  listener.stdout.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  try {
    await until("it listens", () => said.includes("bound"));
    const log = heardLog();
    await tellSystemd("READY=1", { socket, path: PATH, log });
    await until("it heard", () => said.includes("READY=1"));
    await tellSystemd("STOPPING=1", { socket, path: PATH, log });
    await until("it heard again", () => said.includes("STOPPING=1"));
    expect(log.lines).toEqual([]);
  } finally {
    listener.kill("SIGKILL");
  }
});

test("[O11] nobody asked, so nobody is told", async () => {
  const log = heardLog();
  await tellSystemd("READY=1", { path: PATH, log });
  await tellSystemd("READY=1", { socket: "", path: PATH, log });
  expect(log.lines).toEqual([]);
});

test("[O11] a notice that cannot be given is logged: no program, or one that fails", async () => {
  const log = heardLog();
  await tellSystemd("READY=1", { socket: join(scratch, "nobody"), path: "/nowhere", log });
  writeFileSync(join(scratch, "systemd-notify"), "#!/bin/sh\nexit 1\n");
  chmodSync(join(scratch, "systemd-notify"), 0o755);
  await tellSystemd("READY=1", { socket: join(scratch, "nobody"), path: scratch, log });
  expect(log.lines).toEqual(["ready_notice_failed {}", "ready_notice_failed {}"]);
});
