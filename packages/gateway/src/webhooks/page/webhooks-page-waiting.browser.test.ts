import { expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { describeInBrowser } from "../../testing/open-browser.ts";
import { until } from "../../testing/open-delivery-bench.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { addEndpoint, open, openWorld } from "../../testing/webhooks-page.ts";

type Schemas = components["schemas"];

describeInBrowser("what waits, on the webhooks page", (getBrowser) => {
  test("is told by event, each with what it waits for, 25 at a time, and only where something waits", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(400).end());
    const endpoint = await addEndpoint(world, receiver.url);
    await open(page, url, world, endpoint);
    const summary = page.locator("summary", { hasText: "What waits" });
    expect(await summary.isVisible()).toBe(false);

    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    // Test events of an endpoint have an order among themselves: the first fails, and holds the others up.
    for (let sent = 0; sent < 30; sent += 1) await world.api.ask("POST", `${path}/test`);
    await until(async () => {
      const { data } = await world.api.ask<Schemas["WebhookDeliveryList"]>(
        "GET",
        `${path}/deliveries?limit=1`,
      );
      return data[0]?.waitsFor === "retry";
    });
    await summary.click();
    const items = page.locator("ul.waiting > li");
    await items.nth(24).waitFor();
    expect(await items.count()).toBe(25);
    await items
      .first()
      .getByText(/; tried again at 24 Nov 2026, /)
      .waitFor();
    const [first] = receiver.received;
    await items.nth(1).getByText(`; waits behind ${first?.id}.`).waitFor();
    await page.getByRole("button", { name: "More of what waits" }).click();
    await items.nth(29).waitFor();
    expect(await items.count()).toBe(30);
    expect(await page.getByRole("button", { name: "More of what waits" }).isVisible()).toBe(false);

    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByText("It is switched off: what happens meanwhile waits.").waitFor();
    await summary.click();
    await summary.click();
    await items.nth(1).getByText("; waits until the endpoint is switched on.").waitFor();
    receiver.answer((response) => response.writeHead(204).end());
    await page.getByRole("button", { name: "Switch on" }).click();
    await summary.waitFor({ state: "hidden" });
  });
});
