import type { Msg, NatsError } from "nats";
import type { Bus } from "../../ports.ts";
import { linkNats } from "./nats-connection.ts";

/**
 * A bus over core NATS. Rejects when the server cannot be reached at the start and dials again for ever after.
 * `onFault` gets what a listener throws and what cannot be published (too long, no subject); nothing of that hurts
 * anybody else.
 */
export async function openNatsBus(url: string, onFault: (error: unknown) => void): Promise<Bus> {
  const { nats, isUp, onUp, close } = await linkNats(url, onFault);
  return {
    publish(subject, payload) {
      // The library would keep this in memory without end and throw it away when it dials again.
      if (!isUp()) return;
      try {
        nats.publish(subject, payload);
      } catch (error) {
        if (!nats.isClosed()) onFault(error);
      }
    },
    listen(subject, on, options) {
      // A throw would reach the library's reader, which then reads no more.
      const callback = (error: NatsError | null, { data }: Msg): void => {
        if (error !== null) return onFault(error);
        try {
          on(data);
        } catch (fault) {
          onFault(fault);
        }
      };
      const queue = options?.group === undefined ? {} : { queue: options.group };
      const subscription = nats.subscribe(subject, { callback, ...queue });
      return { stop: () => subscription.unsubscribe() };
    },
    isUp,
    onUp,
    async flush() {
      if (!isUp()) return;
      try {
        await nats.flush();
      } catch {
        // The bus went away meanwhile: what was published before has either reached it or is lost.
      }
    },
    close,
  };
}
