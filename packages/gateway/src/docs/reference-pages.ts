import type { Hono } from "hono";
import type { Contract } from "../contract/document.ts";
import { answerAsset, askAgain, forEver, makeAsset } from "./asset.ts";
import { loadReferenceScript } from "./load-reference-script.ts";
import { once } from "./once.ts";
import { prepareDocument } from "./prepare-document.ts";
import { renderPage } from "./render-page.ts";

/** Serves the contract at `/openapi.json` and its reference pages at `/docs`, without a request to any other host. */
export function addReferencePages(app: Hono, contract: Contract): void {
  const getContract = once(() => makeAsset(contract.text, "application/json; charset=utf-8"));
  // Loaded and packed when somebody first opens the pages: most gateways never do, and none waits for it at its start.
  const getParts = once(async () => {
    const script = await makeAsset(await loadReferenceScript(), "text/javascript; charset=utf-8");
    const document = await makeAsset(
      JSON.stringify(prepareDocument(contract)),
      "application/json; charset=utf-8",
    );
    const files = new Map([
      [`/docs/reference-${script.digest}.js`, script],
      [`/docs/contract-${document.digest}.json`, document],
    ]);
    const [scriptPath = "", documentPath = ""] = files.keys();
    return {
      files,
      page: await makeAsset(renderPage(scriptPath, documentPath), "text/html; charset=utf-8"),
    };
  });

  app.get("/", (c) => c.redirect("/docs", 302));
  app.get("/openapi.json", async (c) => answerAsset(c, await getContract(), askAgain));
  app.get("/docs", async (c) => answerAsset(c, (await getParts()).page, askAgain, pageHeaders));
  app.get("/docs/", (c) => c.redirect("/docs", 301));
  app.get("/docs/:file", async (c, next) => {
    const file = (await getParts()).files.get(c.req.path);
    return file === undefined ? next() : answerAsset(c, file, forEver);
  });
}

/** Even a bug in the page can't call out, be framed, or run a script that is not ours. */
const pageHeaders = {
  "content-security-policy": [
    "default-src 'self'",
    "script-src 'self'",
    // Scalar sets styles in elements and attributes that know no nonce; what they could load is bound by the rest.
    "style-src 'self' 'unsafe-inline'",
    // Icons are drawn from data: URLs.
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
};
