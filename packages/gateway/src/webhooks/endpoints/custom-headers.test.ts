import { describe, expect, test } from "vitest";
import { changeHeaders, refuseCustomHeaders } from "./custom-headers.ts";

describe("headers of one's own", () => {
  test.each([
    "Host",
    "connection",
    "Keep-Alive",
    "Proxy-Authorization",
    "proxy-connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "upgrade",
    "HTTP2-Settings",
    "Expect",
    "Content-Length",
    "content-type",
    "Content-Encoding",
    "User-Agent",
    "Accept-Encoding",
    "webhook-id",
    "Webhook-Signature",
    "svix-id",
    "Evergate-Partner",
    "Metadata",
    "Metadata-Flavor",
    "X-aws-ec2-metadata-token",
  ])("%s is refused", (name) => {
    expect(refuseCustomHeaders({ [name]: "x" })?.refused).toMatchObject({
      detail: expect.stringContaining(`The header ${name} is not yours`),
      faults: [{ pointer: `/headers/${name}` }],
    });
  });

  test.each(["Authorization", "X-Tenant-Token", "Cookie", "X-Webhook-Id", "Accept", "contents"])(
    "%s is taken",
    (name) => {
      expect(refuseCustomHeaders({ [name]: "x" })).toBeUndefined();
    },
  );

  test("a name twice in another case is refused", () => {
    expect(refuseCustomHeaders({ "X-Token": "a", "x-token": "b" })?.refused.detail).toContain(
      "twice",
    );
  });

  test("16 are taken, 17 not; 6 KiB are, and a byte more not", () => {
    const many = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${index}`, "v"]));
    expect(refuseCustomHeaders(many(16))).toBeUndefined();
    expect(refuseCustomHeaders(many(17))?.refused.detail).toContain("17 headers");
    const sized = (bytes: number): Record<string, string> => ({
      A: "x".repeat(2_043),
      B: "x".repeat(2_043),
      C: "x".repeat(bytes - 2 * 2_048 - 5),
    });
    expect(refuseCustomHeaders(sized(6_144))).toBeUndefined();
    expect(refuseCustomHeaders(sized(6_145))?.refused.detail).toContain("6145 bytes");
  });

  test("a change sets, takes away and leaves the others, whatever the case of their names", () => {
    const headers = { "X-Token": "a", "X-Other": "b" };
    expect(changeHeaders(headers, { "x-token": "c", "X-New": "d" })).toEqual({
      "X-Other": "b",
      "x-token": "c",
      "X-New": "d",
    });
    expect(changeHeaders(headers, { "X-TOKEN": null, "X-Unknown": null })).toEqual({
      "X-Other": "b",
    });
  });
});
