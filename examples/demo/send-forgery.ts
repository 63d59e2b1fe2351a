import { randomBytes, randomUUID } from "node:crypto";

/** Sends what looks like a webhook but was not signed by the gateway, as anybody on the internet could; answers the status. */
export async function sendForgery(url: string): Promise<number> {
  const { status } = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": `evt_${randomUUID()}`,
      "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
      "webhook-signature": `v1,${randomBytes(32).toString("base64")}`,
    },
    body: JSON.stringify({
      type: "subscription.canceled",
      timestamp: new Date().toISOString(),
      data: {},
    }),
  });
  return status;
}
