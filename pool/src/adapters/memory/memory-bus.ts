import type { Bus } from "../../ports.ts";

/** Every process of a deployment in one: what one bus publishes, all buses of the network hear. */
export type MemoryNetwork = {
  /** A bus of its own for one role; `onFault` gets what a listener throws. */
  join(onFault: (error: unknown) => void): MemoryBus;
};
export type MemoryBus = Bus & {
  /** The bus goes away from this role: nothing arrives, nothing leaves. For tests. */
  down(): void;
  /** And is reached again. */
  up(): void;
};

type Listener = { readonly bus: Member; readonly on: (payload: Uint8Array) => void; stopped: boolean };
type Member = { isUp: boolean; readonly onFault: (error: unknown) => void };
/** Who hears a subject: all of `each`, and one of every group in turn. */
type Subject = { readonly each: Set<Listener>; readonly groups: Map<string, { members: Listener[]; turn: number }> };

/** A network in this process. Delivery is always later, in the order of publishing, as over a wire. */
export function createMemoryNetwork(): MemoryNetwork {
  const subjects = new Map<string, Subject>();
  let queue: { readonly subject: string; readonly payload: Uint8Array }[] = [];
  let delivered: Promise<void> = Promise.resolve();

  const deliver = (): void => {
    const now = queue;
    queue = [];
    for (const { subject, payload } of now) {
      const hearers = [...hearersOf(subjects.get(subject)), ...hearersOf(subjects.get(wildcardOf(subject)))];
      for (const listener of hearers) if (!listener.stopped) hand(listener, payload);
    }
  };
  const enqueue = (subject: string, payload: Uint8Array): void => {
    queue.push({ subject, payload });
    if (queue.length > 1) return;
    delivered = new Promise((resolve) => {
      setImmediate(() => {
        deliver();
        resolve();
      });
    });
  };
  return { join: (onFault) => memberOf({ subjects, enqueue, delivered: () => delivered }, onFault) };
}

function hand(listener: Listener, payload: Uint8Array): void {
  try {
    listener.on(payload);
  } catch (error) {
    listener.bus.onFault(error); // one listener's fault is not the others'
  }
}

/** The wildcard that covers a subject: its last word replaced. */
const wildcardOf = (subject: string): string => `${subject.slice(0, subject.lastIndexOf(".") + 1)}*`;

function hearersOf(subject: Subject | undefined): readonly Listener[] {
  if (subject === undefined) return [];
  const hearers = [...subject.each].filter(({ bus }) => bus.isUp);
  for (const group of subject.groups.values()) {
    const able = group.members.filter(({ bus }) => bus.isUp);
    const next = able[group.turn++ % Math.max(1, able.length)];
    if (next !== undefined) hearers.push(next);
  }
  return hearers;
}

type Wire = {
  readonly subjects: Map<string, Subject>;
  enqueue(subject: string, payload: Uint8Array): void;
  delivered(): Promise<void>;
};

function memberOf(wire: Wire, onFault: (error: unknown) => void): MemoryBus {
  const member: Member = { isUp: true, onFault };
  const upCallbacks = new Set<() => void>();
  const mine = new Set<{ stop(): void }>();
  return {
    publish(subject, payload) {
      if (member.isUp) wire.enqueue(subject, payload);
    },
    listen(subject, on, options) {
      const listener: Listener = { bus: member, on, stopped: false };
      const leave = enter(wire.subjects, subject, listener, options?.group);
      const stopper = {
        stop(): void {
          listener.stopped = true;
          mine.delete(stopper);
          leave();
        },
      };
      mine.add(stopper);
      return stopper;
    },
    isUp: () => member.isUp,
    onUp(callback) {
      upCallbacks.add(callback);
      return { stop: () => void upCallbacks.delete(callback) };
    },
    flush: () => (member.isUp ? wire.delivered() : Promise.resolve()),
    async close() {
      member.isUp = false;
      upCallbacks.clear();
      for (const stopper of [...mine]) stopper.stop();
    },
    down() {
      member.isUp = false;
    },
    up() {
      member.isUp = true;
      for (const callback of [...upCallbacks]) callback();
    },
  };
}

/** Lists a listener under a subject; the answer takes it off again. */
function enter(subjects: Map<string, Subject>, name: string, listener: Listener, group: string | undefined) {
  const subject: Subject = subjects.get(name) ?? { each: new Set(), groups: new Map() };
  subjects.set(name, subject);
  if (group === undefined) {
    subject.each.add(listener);
    return (): void => void subject.each.delete(listener);
  }
  const found = subject.groups.get(group) ?? { members: [], turn: 0 };
  subject.groups.set(group, found);
  found.members.push(listener);
  return (): void => {
    found.members = found.members.filter((member) => member !== listener);
  };
}
