import type { DeliveryAnswer, TakenReceipt } from "../generated/api.ts";

/** So much of an answer the gateway reads; of one that is longer it has no receipt. */
const mostBytes = 1_024;

/** As long as the contract lets a detail be. */
const longestDetail = 500;

/** No character takes more in JSON: four bytes of UTF-8, or an escape of two. */
const widestCharacter = 4;

/**
 * The answer to a delivery by which the receiver reports what became of the event: send it back as JSON with status 200.
 * `applied` is final; what is `rejected` can be applied later. The detail is put on one line and cut to what the gateway
 * reads. Answer the same to a repetition: the first answer may have got lost. Throws a `TypeError` where the status is
 * neither.
 *
 * ```ts
 * const event = await webhooks.verify(request, secret);
 * const tenant = await setUp(event);
 * return Response.json(webhooks.answerReceipt({ status: "applied", detail: `Tenant ${tenant}` }));
 * ```
 */
export function answerReceipt({ status, detail }: TakenReceipt): DeliveryAnswer {
  // Without types anything may come here, and the gateway overlooks what is no receipt.
  const given: string = status;
  if (given !== "applied" && given !== "rejected")
    throw new TypeError('A receipt has the status "applied" or "rejected".');
  const line = (detail ?? "")
    .replaceAll(/\p{Cc}+/gu, " ")
    .slice(0, longestDetail)
    .toWellFormed()
    .trim();
  if (line === "") return { receipt: { status } };
  // By whole characters: a half of one is none.
  let characters = Array.from(line);
  for (;;) {
    const answer = { receipt: { status, detail: characters.join("") } };
    const excess = new TextEncoder().encode(JSON.stringify(answer)).length - mostBytes;
    if (excess <= 0) return answer;
    characters = characters.slice(0, -Math.ceil(excess / widestCharacter));
  }
}
