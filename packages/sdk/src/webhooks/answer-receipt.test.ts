import { describe, expect, test } from "vitest";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import {
  webhooks,
  type EvergateEvent,
  type Receipt,
  type Receiver,
  type TakenReceipt,
} from "../index.ts";
import { listen } from "../testing/listen.ts";
import { openPartner } from "../testing/open-partner.ts";

const mostBytes = 1_024;

function sizeOf(value: object): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

describe("the answer with a receipt", () => {
  test("has status and detail", () => {
    expect(webhooks.answerReceipt({ status: "applied" })).toEqual({
      receipt: { status: "applied" },
    });
    expect(webhooks.answerReceipt({ status: "rejected", detail: "No such tenant." })).toEqual({
      receipt: { status: "rejected", detail: "No such tenant." },
    });
  });

  test.each([
    ["on one line", "Tenant 4711\r\n\thas 25 seats.\n", "Tenant 4711 has 25 seats."],
    ["of 500 characters at most", "x".repeat(600), "x".repeat(500)],
    [
      "well-formed where it is cut in a character",
      `${"x".repeat(499)}😀`,
      `${"x".repeat(499)}\ufffd`,
    ],
    ["left out where it says nothing", " \n ", undefined],
  ])("has a detail %s", (_, detail, expected) => {
    expect(webhooks.answerReceipt({ status: "applied", detail }).receipt?.detail).toBe(expected);
  });

  test.each(["č", "☕", "😀", '"', "\\", "a☕"])(
    "fits into what the gateway reads, however wide %j is",
    (character) => {
      const detail = character.repeat(500);
      const answer = webhooks.answerReceipt({ status: "rejected", detail });
      expect(sizeOf(answer)).toBeLessThanOrEqual(mostBytes);
      const kept = answer.receipt?.detail ?? "";
      expect(detail.startsWith(kept)).toBe(true);
      // Nothing is cut for nothing: it is as long as a detail can be, or the answer as large.
      expect(kept.length === 500 || sizeOf(answer) > mostBytes - 8).toBe(true);
    },
  );

  test.each([{}, { status: "done" }, { receipt: { status: "applied" } }])(
    "is none for %j",
    (receipt) => {
      expect(() => webhooks.answerReceipt(receipt as TakenReceipt)).toThrow(TypeError);
    },
  );
});

describe.each(testStores)("with a gateway on $name", (stores) => {
  test("what a receiver answers to an event is its receipt, and a repetition brings the one that got lost", async () => {
    const { evergate } = await openPartner(stores);
    const receiver = await startReceiver();
    const endpoint = await evergate.webhookEndpoints.create({
      url: receiver.url,
      eventTypes: ["customer.*"],
      receipts: { eventTypes: ["customer.created"], within: { minutes: 60 } },
    });
    receiver.serve(endpoint, ({ data }) =>
      "name" in data && data.name === "Hotel Carpathia"
        ? { status: "applied", detail: `${data.name}: ${"☕".repeat(500)}` }
        : { status: "rejected", detail: "We don't serve bakeries." },
    );
    await evergate.customers.create({ name: "Hotel Carpathia" });
    await evergate.customers.create({ name: "Bakery" });
    const list = async (): Promise<readonly Receipt[]> => (await evergate.receipts.list()).data;
    await expect
      .poll(async () => (await list()).map(({ status }) => status))
      .toEqual(["rejected", "applied"]);
    expect((await list()).map(({ detail }) => detail)).toEqual([
      "We don't serve bakeries.",
      expect.stringMatching(/^Hotel Carpathia: ☕{300,}$/),
    ]);
    expect(receiver.errors).toEqual([]);

    // The receiver has it, and its answer does not arrive.
    receiver.loseNextAnswer();
    await evergate.customers.create({ name: "Hotel Carpathia" });
    const { webhookEndpoints } = evergate;
    await expect
      .poll(
        async () =>
          (await webhookEndpoints.listAttempts(endpoint.id, { status: "failed" })).data.length,
      )
      .toBe(1);
    expect(receiver.taken).toBe(3);
    const [pending] = (await evergate.receipts.list({ status: "pending" })).data;
    await evergate.events.redeliver(pending?.event ?? "");
    await expect.poll(async () => (await list())[0]?.status, { timeout: 10_000 }).toBe("applied");
    expect(receiver.taken).toBe(3);
  });
});

/** A receiver that remembers what it has answered of each event, as docs/webhooks.md has it. */
async function startReceiver(): Promise<{
  readonly url: string;
  readonly errors: readonly unknown[];
  /** How many events it has applied or rejected, repetitions not counted. */
  readonly taken: number;
  loseNextAnswer(): void;
  serve(
    endpoint: { readonly id: string; readonly secret: string },
    apply: (event: EvergateEvent) => TakenReceipt,
  ): void;
}> {
  const receipts = new Map<string, TakenReceipt>();
  const errors: unknown[] = [];
  let receiver: Receiver | null = null;
  let isNextLost = false;
  const url = await listen((request, response) => {
    if (!isNextLost) {
      receiver?.listener(request, response);
      return;
    }
    isNextLost = false;
    void receiver?.receive(request).then(() => response.destroy());
  });
  return {
    url,
    errors,
    get taken() {
      return receipts.size;
    },
    loseNextAnswer() {
      isNextLost = true;
    },
    serve({ id, secret }, apply) {
      receiver = webhooks.createReceiver({
        endpoint: id,
        keys: secret,
        take(event) {
          const receipt = receipts.get(event.id) ?? apply(event);
          receipts.set(event.id, receipt);
          return receipt;
        },
        received: () => [],
        onError: (error) => errors.push(error),
      });
    },
  };
}
