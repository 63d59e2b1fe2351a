import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { describeInBrowser, openPage } from "../testing/open-browser.ts";

describeInBrowser("reference pages", (getBrowser) => {
  test("shows operations and webhooks, and asks nothing of another host", async () => {
    const { page, url, strangers, complaints } = await openPage(getBrowser());
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
    const { page, url, gateway, strangers } = await openPage(getBrowser());
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
    const { url } = await openPage(getBrowser());
    const page = await getBrowser().newPage({ javaScriptEnabled: false });
    onTestFinished(() => page.close());
    await page.goto(`${url}/docs`);
    await page.getByRole("link", { name: "/openapi.json" }).waitFor();
  });
});

async function openInMenu(page: Page, group: string, entry: string): Promise<void> {
  const menu = page.locator("aside, nav").first();
  await menu.getByText(group, { exact: true }).first().click();
  await menu.getByText(entry, { exact: true }).first().click();
}
