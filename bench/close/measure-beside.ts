import { Pool } from "undici";
import type { TemplatePartner } from "./make-template.ts";

/** How long answers took, in milliseconds. */
export interface Latencies {
  readonly get: readonly number[];
  readonly post: readonly number[];
}

const connections = 4;
const requests = 200;

/** Reads and makes subscriptions of every partner in turn, over a few connections, as a storefront does. */
export async function measureBeside(
  origin: string,
  partners: readonly TemplatePartner[],
): Promise<Latencies> {
  const pool = new Pool(origin, { connections });
  const get: number[] = [];
  const post: number[] = [];
  let number = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (number < requests) {
        const partner = partners[number % partners.length];
        const isPost = number % 2 === 1;
        number += 1;
        if (partner === undefined) throw new Error("There are no partners.");
        const start = performance.now();
        const reply = await pool.request({
          method: isPost ? "POST" : "GET",
          path: `/v1/subscriptions${isPost ? "" : `/${partner.subscription}`}`,
          headers: {
            authorization: `Bearer ${partner.apiKey}`,
            ...(isPost ? { "content-type": "application/json" } : {}),
          },
          body: isPost
            ? JSON.stringify({ customer: { name: "Beside" }, product: "code:BENCH", quantity: 3 })
            : null,
        });
        const text = await reply.body.text();
        (isPost ? post : get).push(performance.now() - start);
        if (reply.statusCode >= 300) throw new Error(`${reply.statusCode}: ${text}`);
      }
    }),
  );
  await pool.close();
  return { get, post };
}
