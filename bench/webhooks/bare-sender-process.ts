import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { Pool } from "undici";
import type { Message } from "./populate-deliveries.ts";

// The yardstick for delivering: signs (Standard Webhooks) and posts messages from memory, so many at once, each as soon as the
// one before is answered, and keeps nothing. usage: <receiver's origin> <file of messages> <how many at once> <how many to warm up with>
const [origin = "", file = "", concurrency = "", warmUp = ""] = process.argv.slice(2);
const messages = JSON.parse(readFileSync(file, "utf8")) as readonly Message[];
const secret = Buffer.alloc(32, 3);
const pool = new Pool(origin, { connections: Number(concurrency), pipelining: 1 });

async function post({ id, path, body }: Message): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac("sha256", secret)
    .update(`${id}.${timestamp}.${body}`)
    .digest("base64");
  const reply = await pool.request({
    method: "POST",
    path,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    },
    body,
  });
  await reply.body.dump();
  if (reply.statusCode !== 204) throw new Error(`The receiver answered ${reply.statusCode}.`);
}

async function postAll(some: readonly Message[]): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Number(concurrency) }, async () => {
      for (let message = some[next++]; message !== undefined; message = some[next++])
        await post(message);
    }),
  );
}

await postAll(messages.slice(0, Number(warmUp)));
const measured = messages.slice(Number(warmUp));
const start = performance.now();
await postAll(measured);
console.log(JSON.stringify({ perSecond: measured.length / ((performance.now() - start) / 1_000) }));
await pool.close();
