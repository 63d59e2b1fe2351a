import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { readContract } from "../contract/document.ts";
import { addReferencePages } from "./reference-pages.ts";

const contract = readContract();

function makeApp(): Hono {
  const app = new Hono();
  addReferencePages(app, contract);
  return app;
}

describe("reference pages", () => {
  test("/ leads to /docs", async () => {
    const answer = await makeApp().request("/");
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/docs"]);
  });

  test("/openapi.json is the contract, byte for byte", async () => {
    const answer = await makeApp().request("/openapi.json");
    expect(await answer.text()).toBe(contract.text);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  test("the page lets nothing out and nobody frame it", async () => {
    const { headers } = await makeApp().request("/docs");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'self'; script-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    // No other host is named, and no script may stand in the page itself.
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("files are kept for ever under a name of their content, and given packed where that is understood", async () => {
    const app = makeApp();
    const page = await (await app.request("/docs")).text();
    const path = /src="(\/docs\/reference-[\w-]+\.js)"/.exec(page)?.[1] ?? "";
    const plain = await app.request(path);
    expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(plain.headers.get("content-encoding")).toBeNull();
    const packed = await app.request(path, { headers: { "accept-encoding": "br, gzip" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toBe("accept-encoding");
    const unpacked = new Response(packed.body?.pipeThrough(new DecompressionStream("gzip")));
    expect(await unpacked.text()).toBe(await plain.text());
  });

  test.each(["/openapi.json", "/docs"])("%s is not sent again to who has it", async (path) => {
    const app = makeApp();
    const etag = (await app.request(path)).headers.get("etag") ?? "";
    for (const known of [etag, `"other", ${etag}`, "*"]) {
      const again = await app.request(path, { headers: { "if-none-match": known } });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
    expect((await app.request(path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("a name that isn't there is not found", async () => {
    expect((await makeApp().request("/docs/reference-x.js")).status).toBe(404);
  });
});
