import { type ChildProcessByStdio, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Writable } from "node:stream";

// A server outlives a parent that is killed by SIGKILL, because nothing tells it. So one small shell holds the reading
// end of a pipe whose writing end only this process has: when this process is gone, however it went, the shell reads
// end-of-file and ends what is left. Each line replaces the list of process groups before it. (dash, Debian's sh, takes
// a negative group without the "--" that others want, so there is none.)
const SCRIPT = `groups=
while read -r line; do groups=$line; done
for group in $groups; do kill -TERM $group 2>/dev/null; done
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  left=
  for group in $groups; do kill -0 $group 2>/dev/null && left="$left $group"; done
  [ -z "$left" ] && exit 0
  sleep 0.2
done
for group in $groups; do kill -KILL $group 2>/dev/null; done`;

const watched = new Set<number>();
let shell: ChildProcessByStdio<Writable, null, null> | undefined;

function tell(): void {
  if (shell === undefined) {
    // Its own session: a Ctrl-C in the terminal must not reach the watchdog before it has done its work.
    shell = spawn("/bin/sh", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    shell.on("error", () => {
      shell = undefined; // no shell, no watchdog: servers are then still stopped by their own stop()
    });
    shell.stdin.on("error", () => {
      shell = undefined; // somebody killed the shell; the next server starts another
    });
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
  }
  shell.stdin.write(`${[...watched].map((group) => -group).join(" ")}\n`);
}

/** Promises that the process group `group` ends when this process does, even by SIGKILL. */
export function watch(group: number): void {
  watched.add(group);
  tell();
}

/** Takes back `watch`, once the group has ended. */
export function unwatch(group: number): void {
  if (watched.delete(group)) tell();
}
