import { describe, expect, test } from "vitest";
import { StartError } from "../../server/start-error.ts";
import { makeEndpointSecret } from "../../webhooks/endpoints/endpoint-secret.ts";
import { UsageError, type Flags } from "../command.ts";
import { checkSame, readWanted } from "./wanted.ts";

describe("the flags of evergate listen", () => {
  test("without any, all events are shown from now on", () => {
    expect(readWanted({})).toEqual({
      target: null,
      eventTypes: ["*"],
      since: null,
      secret: null,
      retries: null,
      path: null,
      printsJson: false,
    });
  });

  test("an address is taken as people write it, and types in any order", () => {
    const { target, eventTypes } = readWanted({
      "forward-to": "localhost:3000/hooks",
      events: " subscription.*,bill.issued, subscription.*",
    });
    expect(target).toBe("http://localhost:3000/hooks");
    expect(eventTypes).toEqual(["bill.issued", "subscription.*"]);
  });

  test.each([
    [{ secret: "whsec_short" }, "--secret is whsec_"],
    [{ retries: "often" }, '--retries is a whole number, not "often"'],
    [{ "forward-to": "http://" }, "--forward-to is a URL"],
    [{ events: "subscription.*,invoice.paid" }, '"invoice.paid", which no event is'],
    [{ events: "subscription.paused," }, '"", which no event is'],
  ])("%j is refused with a sentence", (flags: Flags, sentence) => {
    expect(() => readWanted(flags)).toThrow(UsageError);
    expect(() => readWanted(flags)).toThrow(sentence);
  });

  test.each([
    [{}, "partner_b", "remembers partner_a"],
    [{ events: "bill.*" }, "partner_a", "Say the same"],
    [{ since: "start" }, "partner_a", "Leave --since out"],
  ])(
    "what was remembered of something else is not gone on with: %j for %s",
    (flags, partner, sentence) => {
      const before = {
        partner: "partner_a",
        endpoint: "wh_a",
        secret: makeEndpointSecret(),
        eventTypes: ["*"],
        after: null,
        sequence: 0,
        done: [],
      };
      const check = (): void =>
        checkSame(before, readWanted({ remember: "file", ...flags }), partner);
      expect(check).toThrow(StartError);
      expect(check).toThrow(sentence);
    },
  );
});
