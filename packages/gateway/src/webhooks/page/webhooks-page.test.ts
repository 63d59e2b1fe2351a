import { readdirSync } from "node:fs";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { addWebhooksPage } from "./webhooks-page.ts";

function makeApp(): Hono {
  const app = new Hono();
  addWebhooksPage(app);
  return app;
}

async function readFolder(app: Hono): Promise<string> {
  const html = await (await app.request("/webhooks")).text();
  return /src="(\/webhooks\/files-[\w-]{16})\/main\.js"/.exec(html)?.[1] ?? "";
}

describe("the webhooks page", () => {
  test("nothing in it may run that is not ours, no markup be made, nothing be called but this gateway", async () => {
    const { headers } = await makeApp().request("/webhooks");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("every file that the page, its styles and modules name is served, for ever, as what it is", async () => {
    const app = makeApp();
    const folder = await readFolder(app);
    const seen = new Set<string>(["page.css", "controls.css"]);
    const wanted = ["main.js"];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const answer = await app.request(`${folder}/${name}`);
      expect([name, answer.status, answer.headers.get("content-type")]).toEqual([
        name,
        200,
        "text/javascript; charset=utf-8",
      ]);
      expect(answer.headers.get("cache-control")).toContain("immutable");
      const text = await answer.text();
      for (const [, imported = ""] of text.matchAll(/from "\.\/([\w-]+\.js)"/g))
        wanted.push(imported);
      // Nothing of the page makes markup of text.
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser/);
    }
    for (const name of ["page.css", "controls.css"]) {
      const styles = await app.request(`${folder}/${name}`);
      expect(styles.headers.get("content-type")).toBe("text/css; charset=utf-8");
    }
    const there = readdirSync(new URL("./browser/", import.meta.url));
    expect([...seen].toSorted()).toEqual(
      there.filter((name) => /\.(js|css)$/.test(name)).toSorted(),
    );
  });

  test("a name that isn't there is not found", async () => {
    const app = makeApp();
    const folder = await readFolder(app);
    for (const path of [`${folder}/tsconfig.json`, "/webhooks/files-x/main.js", "/webhooks/x"])
      expect((await app.request(path)).status).toBe(404);
  });

  test("it is not sent again to who has it", async () => {
    const app = makeApp();
    const etag = (await app.request("/webhooks")).headers.get("etag") ?? "";
    expect((await app.request("/webhooks", { headers: { "if-none-match": etag } })).status).toBe(
      304,
    );
  });
});
