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

  test.each([
    ["localhost:3000/hooks", "http://localhost:3000/hooks"],
    ["localhost", "http://localhost"],
    ["[::1]:3000", "http://[::1]:3000"],
    ["HTTPS://receiver.test/a:b", "HTTPS://receiver.test/a:b"],
  ])("the address %s is taken as %s", (text, url) => {
    expect(readWanted({ "forward-to": text }).target).toBe(url);
  });

  test("types are taken in any order", () => {
    const { eventTypes } = readWanted({ events: " subscription.*,bill.issued, subscription.*" });
    expect(eventTypes).toEqual(["bill.issued", "subscription.*"]);
  });

  test.each([
    [{ secret: "whsec_short" }, "--secret is whsec_"],
    [{ retries: "often" }, '--retries is a whole number from 0 to 999999, such as 5, not "often"'],
    [{ "forward-to": "http://" }, "--forward-to is an http or https URL"],
    [{ "forward-to": "ftp://localhost/x" }, 'not "ftp://localhost/x"'],
    [{ "forward-to": "file:/etc/hosts" }, 'not "file:/etc/hosts"'],
    [{ "forward-to": "http:/localhost:3000" }, 'not "http:/localhost:3000"'],
    [{ "forward-to": "localhost:70000" }, 'not "localhost:70000"'],
    [{ "forward-to": "http://me:hunter2@localhost" }, "--forward-to must not hold a user name"],
    [{ "forward-to": "169.254.169.254/hooks" }, "--forward-to leads to an address"],
    [{ since: "evt_nope" }, "--since is start, the id of an event"],
    [{ since: "yesterday" }, 'not "yesterday"'],
    [{ events: "subscription.*,invoice.paid" }, '"invoice.paid", which no event is'],
    [{ retries: "-1" }, 'not "-1"'],
    [{ events: "subscription.pausd" }, "did you mean subscription.paused? evergate trigger"],
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
