import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClientAddress } from "./client-address.ts";
import { listen } from "./listen.ts";

/** What a listener that trusts these proxies tells of who asks from here with these headers. */
async function tellClient(
  trustedProxies: readonly string[],
  forwardedFor: string | null,
): Promise<string> {
  const clientOf = createClientAddress(trustedProxies);
  const app = new Hono();
  app.get("/", (c) => c.text(clientOf(c)));
  const listener = await listen((request, env) => app.fetch(request, env), {
    host: "127.0.0.1",
    port: 0,
  });
  onTestFinished(async () => void (await listener.stop(0)));
  const headers = forwardedFor === null ? {} : { "x-forwarded-for": forwardedFor };
  return (await fetch(listener.url, { headers })).text();
}

describe("who asks", () => {
  test.each([
    ["nobody is trusted", [], null, "127.0.0.1"],
    ["nobody is trusted, whatever is claimed", [], "203.0.113.7", "127.0.0.1"],
    ["another proxy is trusted", ["10.0.0.0/8"], "203.0.113.7", "127.0.0.1"],
    ["the proxy says nothing", ["127.0.0.1"], null, "127.0.0.1"],
    ["the proxy says it", ["127.0.0.0/8"], "203.0.113.7", "203.0.113.7"],
    [
      "the client has claimed another before",
      ["127.0.0.1"],
      "198.51.100.1, 203.0.113.7",
      "203.0.113.7",
    ],
    [
      "two proxies are trusted",
      ["127.0.0.1", "10.0.0.0/8"],
      "1.2.3.4, 203.0.113.7, 10.1.2.3",
      "203.0.113.7",
    ],
    ["an IPv6 address, as its network", ["127.0.0.1"], "2001:db8:1:2:aaaa::1", "2001:db8:1:2::"],
    ["another one of the same network", ["127.0.0.1"], "2001:db8:1:2:ffff::9", "2001:db8:1:2::"],
    ["an IPv4 address in IPv6's clothes", ["127.0.0.1"], "::ffff:203.0.113.7", "203.0.113.7"],
    ["nonsense", ["127.0.0.1"], "203.0.113.7, <script>", "unknown"],
    ["much nonsense", ["127.0.0.1"], "x".repeat(8_000), "unknown"],
  ] as const)("%s", async (_, trusted, forwardedFor, client) => {
    expect(await tellClient(trusted, forwardedFor)).toBe(client);
  });
});
