import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Hono } from "hono";
import { answerAsset, askAgain, forEver, makeAsset, type Asset } from "../../docs/asset.ts";
import { once } from "../../docs/once.ts";

/** What the page is made of. The browser gets these files as they stand: there is no bundler, and nothing to build. */
const fileNames = [
  "main.js",
  "api.js",
  "attempts.js",
  "condition.js",
  "elements.js",
  "endpoint.js",
  "endpoints.js",
  "permission.js",
  "receipts.js",
  "removal.js",
  "repeat.js",
  "replays.js",
  "secret.js",
  "session.js",
  "sign-in.js",
  "waiting.js",
  "words.js",
  "page.css",
  "controls.css",
] as const;

const mediaTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** Serves the page of endpoints and their attempts at `/webhooks`. It is public; what it shows, it asks of the API with a key. */
export function addWebhooksPage(app: Hono): void {
  const getParts = once(loadParts);
  app.get("/webhooks", async (c) => answerAsset(c, (await getParts()).page, askAgain, pageHeaders));
  app.get("/webhooks/", (c) => c.redirect("/webhooks", 301));
  app.get("/webhooks/:folder/:file", async (c, next) => {
    const file = (await getParts()).files.get(c.req.path);
    return file === undefined ? next() : answerAsset(c, file, forEver);
  });
}

async function loadParts(): Promise<{
  readonly page: Asset;
  readonly files: ReadonlyMap<string, Asset>;
}> {
  const texts = await Promise.all(
    fileNames.map(async (name) => ({ name, text: await readBrowserFile(name) })),
  );
  // One name for all: the modules name each other by relative paths, and a page never mixes those of two versions.
  const digest = createHash("sha256")
    .update(JSON.stringify(texts))
    .digest("base64url")
    .slice(0, 16);
  const folder = `/webhooks/files-${digest}`;
  const files = await Promise.all(
    texts.map(async ({ name, text }): Promise<[string, Asset]> => [
      `${folder}/${name}`,
      await makeAsset(text, mediaTypes[extname(name)] ?? "text/plain; charset=utf-8"),
    ]),
  );
  const html = (await readBrowserFile("index.html")).replaceAll("{{files}}", folder);
  return { files: new Map(files), page: await makeAsset(html, "text/html; charset=utf-8") };
}

function readBrowserFile(name: string): Promise<string> {
  return readFile(new URL(`./browser/${name}`, import.meta.url), "utf8");
}

/** Even a bug in the page can't call out, be framed, make markup of what an endpoint answered, or run a script that is not ours. */
const pageHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
};
