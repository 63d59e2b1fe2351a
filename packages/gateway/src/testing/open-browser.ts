import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { listen } from "../server/listen.ts";
import { testStores } from "./open-test-stores.ts";
import {
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from "./start-test-gateway.ts";

const executablePath = process.env["EVERGATE_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const [sqlite] = testStores;

/** Tests in a real browser, where there is one; else they are skipped, and the report says why. */
export function describeInBrowser(name: string, tests: (getBrowser: () => Browser) => void): void {
  const hasBrowser = existsSync(executablePath);
  const why = hasBrowser
    ? ""
    : ` (no browser at ${executablePath}: EVERGATE_TEST_CHROMIUM names another)`;
  describe.skipIf(!hasBrowser || sqlite === undefined)(`${name}${why}`, () => {
    let browser: Browser;
    beforeAll(async () => {
      // Chromium's sandbox needs rights that containers, in which tests often run, don't have.
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    });
    afterAll(() => browser.close());
    tests(() => browser);
  });
}

export interface OpenPage {
  readonly page: Page;
  readonly url: string;
  readonly gateway: TestGateway;
  /** Requests to anywhere but the gateway; there must be none. */
  readonly strangers: string[];
  /** What the browser found wrong, such as a policy that was broken, or an answer that was an error. */
  readonly complaints: string[];
}

/** A gateway that listens, and an empty page of a browser; both are closed when the test is over. */
export async function openPage(
  browser: Browser,
  options: TestGatewayOptions = {},
): Promise<OpenPage> {
  if (sqlite === undefined) throw new Error("There are no test stores.");
  const gateway = await startTestGateway(sqlite, options);
  const fetchOf = (request: Request): Promise<Response> => gateway.fetch(request);
  const { log } = gateway.gateway.services;
  const listener = await listen(fetchOf, { host: "127.0.0.1", port: 0 }, log);
  const context = await browser.newContext({ timezoneId: "Europe/Bratislava" });
  const page = await context.newPage();
  onTestFinished(async () => {
    await context.close();
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
