import type { RegionName } from "@whisper/shared/base/ids";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { createMail } from "../src/runtime/mail.ts";
import { answerAsks } from "./answer-asks.ts";
import { DeskCrowd } from "./desk-crowd.ts";

// Everybody who seeks at the desk that is measured: `begin` sends them in, `says` tells how far they are, `waits` how
// long couples wait who come when nobody else is there.

type Options = {
  readonly region: RegionName;
  readonly natsUrl: string;
  readonly people: number;
  readonly interests: number;
  readonly atOnce: number;
  readonly couples: number;
};

const { region, natsUrl, people, interests, atOnce, couples } = JSON.parse(process.argv[2] ?? "") as Options;
const bus = await openNatsBus(natsUrl, (fault) => {
  throw fault; // a bench over a broken bus measures nothing
});
const mailOf = () => createMail(bus, (run) => void setImmediate(run));
const crowd = new DeskCrowd(mailOf(), region, people, (no) => `tag ${no % interests}`);
await bus.flush();

answerAsks(
  {},
  {
    begin: () => crowd.begin(atOnce),
    says: () => crowd.says(),
    waits: async () => {
      crowd.stop();
      const few = new DeskCrowd(mailOf(), region, couples * 2, (no) => `couple ${no >> 1}`, people);
      await bus.flush();
      return few.waits();
    },
  },
  () => bus.close(),
);
