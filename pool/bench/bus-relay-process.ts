import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { answerAsks } from "./answer-asks.ts";

// The baseline of texts across pools: the bus from Node alone. Two such processes throw payloads of 250 bytes to each
// other, each one back as it comes, with `underWay` of them in the air; nobody reads them.

type Options = {
  readonly natsUrl: string;
  readonly mine: string;
  readonly theirs: string;
  readonly underWay: number;
};

/** About what one text's memo takes. */
const PAYLOAD_BYTES = 250;

const { natsUrl, mine, theirs, underWay } = JSON.parse(process.argv[2] ?? "") as Options;
const bus = await openNatsBus(natsUrl, (fault) => {
  throw fault; // a bench over a broken bus measures nothing
});
const payload = new Uint8Array(PAYLOAD_BYTES);
let heard = 0;
let isOn = false;
bus.listen(mine, () => {
  heard++;
  if (isOn) bus.publish(theirs, payload);
});
await bus.flush();

answerAsks(
  {},
  {
    start: () => {
      isOn = true;
      for (let i = 0; i < underWay; i++) bus.publish(theirs, payload);
    },
    stop_texts: () => {
      isOn = false;
    },
    heard: () => heard,
  },
  () => bus.close(),
);
