import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../server/listen.ts";
import { startTestGateway, type TestGateway } from "../testing/start-test-gateway.ts";
import { testStores } from "../testing/open-test-stores.ts";

const executablePath = process.env["EVERGATE_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const [sqlite] = testStores;

describe.skipIf(!existsSync(executablePath) || sqlite === undefined)(
  "reference pages in a browser",
  () => {
    let browser: Browser;
    beforeAll(async () => {
      // Chromium's sandbox needs rights that containers, in which tests often run, don't have.
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    });
    afterAll(() => browser.close());

    test("shows operations and webhooks, and asks nothing of another host", async () => {
      const { page, url, strangers, complaints } = await openPages(browser);
      await page.goto(url);
      await page.getByRole("heading", { name: "Who is who" }).waitFor();
      await openInMenu(page, "Subscriptions", "Pause a subscription");
      await page.getByRole("heading", { name: "Pause a subscription" }).waitFor();
      await openInMenu(page, "Webhook events", "subscription.trial_will_end");
      await page.getByRole("heading", { name: "subscription.trial_will_end" }).waitFor();
      await page.getByText("The free trial ends in 3 days.").waitFor();
      expect(strangers).toEqual([]);
      expect(complaints).toEqual([]);
    });

    test("a request can be tried out with a key", async () => {
      const { page, url, gateway, strangers } = await openPages(browser);
      await page.goto(`${url}/docs`);
      await page.getByRole("heading", { name: "Who is who" }).waitFor();
      await page.getByPlaceholder("Token").first().fill(gateway.operatorKey);
      await openInMenu(page, "Products", "List the products");
      const shown = page.locator('[id$="GET/v1/products"]');
      await shown.getByRole("button", { name: /Test Request/ }).click();
      const asked = page.waitForRequest(`${url}/v1/products`);
      await page.getByRole("button", { name: /^Send get request/i }).click();
      const request = await asked;
      // Neither the example's person nor its idempotency key is sent unasked.
      expect(Object.keys(await request.allHeaders())).not.toContain("evergate-actor");
      expect((await request.response())?.status()).toBe(200);
      expect(strangers).toEqual([]);
    });

    test("says without JavaScript where the contract is", async () => {
      const { url } = await openPages(browser);
      const page = await browser.newPage({ javaScriptEnabled: false });
      onTestFinished(() => page.close());
      await page.goto(`${url}/docs`);
      await page.getByRole("link", { name: "/openapi.json" }).waitFor();
    });
  },
);

interface OpenPages {
  readonly page: Page;
  readonly url: string;
  readonly gateway: TestGateway;
  /** Requests to anywhere but the gateway; there must be none. */
  readonly strangers: string[];
  /** What the browser found wrong, such as a policy that was broken. */
  readonly complaints: string[];
}

async function openPages(browser: Browser): Promise<OpenPages> {
  if (sqlite === undefined) throw new Error("There are no test stores.");
  const gateway = await startTestGateway(sqlite);
  const fetchOf = (request: Request): Promise<Response> => gateway.fetch(request);
  const { log } = gateway.gateway.services;
  const listener = await listen(fetchOf, { host: "127.0.0.1", port: 0 }, log);
  const page = await browser.newPage();
  onTestFinished(async () => {
    await page.close();
    await listener.stop(0);
  });
  const strangers: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${listener.url}/`) && !/^(data|blob):/.test(request.url()))
      strangers.push(request.url());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { page, url: listener.url, gateway, strangers, complaints };
}

async function openInMenu(page: Page, group: string, entry: string): Promise<void> {
  const menu = page.locator("aside, nav").first();
  await menu.getByText(group, { exact: true }).first().click();
  await menu.getByText(entry, { exact: true }).first().click();
}
