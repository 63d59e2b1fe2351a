import { createServer } from "node:http";
import { Evergate, webhooks } from "@evergate/sdk";
import { loadRanges, saveRanges, setStatus, transaction } from "./licences.ts";

const { GATEWAY = "", KEY = "", ENDPOINT = "", SECRET = "", PORT, EVERY_MS = 60_000 } = process.env;
const receiver = webhooks.createReceiver({
  endpoint: ENDPOINT,
  keys: SECRET,
  received: loadRanges,
  onError: console.error,
  take: ({ data, delivery }) =>
    transaction(() => {
      const ranges = webhooks.addSequence(loadRanges(), delivery.sequence);
      if (ranges === null) return; // It came before.
      if ("activationCode" in data) setStatus(data.id, data.status, data.sequence);
      saveRanges(ranges);
    }),
});
createServer(receiver.listener).listen(Number(PORT), "127.0.0.1");
const evergate = new Evergate({ apiKey: KEY, baseUrl: GATEWAY });
setInterval(() => void receiver.reconcile(evergate).catch(console.error), Number(EVERY_MS));
