import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { hostileUrls } from "../../testing/hostile-urls.ts";
import { checkEndpointUrl, checkNewEndpointUrl } from "./check-endpoint-url.ts";

describe("URLs of endpoints", () => {
  test.each(hostileUrls)("$url is refused ($why)", ({ url }) => {
    expect(checkEndpointUrl(url, false)).toEqual(expect.any(String));
  });

  test.each([
    "https://hooks.example.com/",
    "https://hooks.example.com:8443/evergate?tenant=1",
    "https://93.184.215.14/",
    "https://[2606:4700:4700::1111]/",
    "https://xn--bcher-kva.example/hooks",
  ])("%s is allowed", (url) => {
    expect(checkEndpointUrl(url, false)).toBeUndefined();
  });

  test("a refusal says who can allow private addresses, and what nobody can", () => {
    const mayBeAllowed =
      "the gateway's operator can allow private addresses (EVERGATE_ALLOW_PRIVATE_WEBHOOKS).";
    expect(checkEndpointUrl("http://127.0.0.1:3001/hooks", false)).toBe(
      `url leads to an address that is not a public one; ${mayBeAllowed}`,
    );
    expect(checkEndpointUrl("http://localhost:3001/hooks", false)).toBe(
      `url leads to localhost, which is not a public host; ${mayBeAllowed}`,
    );
    const neverAllowed = "where clouds tell their machines who they are, which is never allowed.";
    for (const allowed of [false, true]) {
      for (const host of ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:168.63.129.16]"])
        expect(checkEndpointUrl(`http://${host}/`, allowed)).toBe(
          `url leads to an address ${neverAllowed}`,
        );
      expect(checkEndpointUrl("http://metadata.goog/", allowed)).toBe(
        `url leads to metadata.goog, ${neverAllowed}`,
      );
    }
  });

  test("a fragment is taken of no new URL, and what was taken with one is delivered to", () => {
    for (const url of ["https://hooks.example.com/#a", "https://hooks.example.com/?a#"]) {
      expect(checkNewEndpointUrl(url, false)).toBe(
        "url must not have a #fragment: it would never be sent.",
      );
      expect(checkEndpointUrl(url, false)).toBeUndefined();
    }
    expect(checkNewEndpointUrl("https://hooks.example.com/?a=%23", false)).toBeUndefined();
    expect(checkNewEndpointUrl("https://127.0.0.1/", false)).toContain("not a public one");
  });

  test("a refusal quotes no password", () => {
    expect(checkEndpointUrl("https://user:hunter2@hooks.example.com/", false)).not.toContain(
      "hunter2",
    );
  });

  test.each([
    "http://127.0.0.1:3000/",
    "http://localhost:3000/",
    "https://intranet/",
    "http://[::1]:3000/",
    "http://10.0.0.1/",
  ])("%s is allowed where private addresses are", (url) => {
    expect(checkEndpointUrl(url, true)).toBeUndefined();
  });

  test.each([
    "ftp://127.0.0.1/",
    "http://user@127.0.0.1/",
    "http://93.184.215.14/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
    "http://168.63.129.16/",
    "nonsense",
  ])("%s is refused even there", (url) => {
    expect(checkEndpointUrl(url, true)).toEqual(expect.any(String));
  });

  test("a list allows its own addresses only", () => {
    const list = new BlockList();
    list.addSubnet("10.0.0.0", 8, "ipv4");
    expect(checkEndpointUrl("http://10.0.0.1/", list)).toBeUndefined();
    expect(checkEndpointUrl("http://127.0.0.1/", list)).toEqual(expect.any(String));
    // What a name leads to is judged at each connection.
    expect(checkEndpointUrl("http://crm.internal/", list)).toBeUndefined();
  });
});
