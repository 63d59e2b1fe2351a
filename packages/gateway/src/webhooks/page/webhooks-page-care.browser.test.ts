import { formatInstant, toInstant } from "@evergate/core";
import { expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { describeInBrowser } from "../../testing/open-browser.ts";
import { until } from "../../testing/open-delivery-bench.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { addEndpoint, focused, open, openWorld, signIn } from "../../testing/webhooks-page.ts";

type Schemas = components["schemas"];

/** Longer than any retry waits: whatever is pending is tried once more. */
const thirtyHours = 30 * 3_600_000;

describeInBrowser("the webhooks page, for who looks after endpoints", (getBrowser) => {
  test("a key that only reads is offered nothing more once the gateway has said so", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    const endpoint = await addEndpoint(world, receiver.url);
    await world.api.ask("POST", `/v1/webhook-endpoints/${endpoint.id}/test`);
    await until(() => receiver.received.length === 1);
    const reader = await world.operator.ask<Schemas["CreatedApiKey"]>("POST", "/v1/api-keys", {
      kind: "partner",
      partner: world.partner.id,
      name: "Looks",
      scopes: ["read"],
    });
    await page.goto(`${url}/webhooks#${endpoint.id}`);
    await signIn(page, reader.secret);
    const send = page.getByRole("button", { name: "Send a test event" });
    await send.click();
    const why = "You can look, and change nothing. This key lacks the scope webhooks:write.";
    await page.getByText(why).waitFor();
    expect(await focused(page)).toBe("Send a test event");
    await page.locator("summary", { hasText: "Replay" }).click();
    for (const name of [
      "Send a test event",
      "Switch off",
      "Delete …",
      "Count",
      "Deliver once more",
    ])
      expect([name, await page.getByRole("button", { name }).isDisabled()]).toEqual([name, true]);
    expect(await send.getAttribute("aria-describedby")).toBe("forbidden");
    // Looking goes on; what is drawn later is not offered either.
    await page.getByRole("button", { name: "Only this event" }).click();
    await page.getByRole("button", { name: "Deliver once more", disabled: true }).waitFor();
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByText(why).waitFor({ state: "hidden" });
    await signIn(page, world.partner.apiKey.secret);
    await send.click();
    await until(() => receiver.received.length === 2);
  });

  test("a suspended partner's own key is told so from the start", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const endpoint = await addEndpoint(world, "https://hooks.example.com/");
    await world.operator.ask("POST", `/v1/partners/${world.partner.id}/suspend`, {
      reason: "Bills of September are unpaid.",
    });
    await open(page, url, world, endpoint);
    await page.getByText("You can look, and change nothing. This partner is suspended").waitFor();
    await page.getByRole("button", { name: "Switch off", disabled: true }).waitFor();
  });

  test("those in trouble come first, with why; nothing moves under the focus", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receivers = [await startReceiver(), await startReceiver(), await startReceiver()];
    const endpoints: Pick<Schemas["WebhookEndpoint"], "id">[] = [];
    for (const receiver of receivers) endpoints.push(await addEndpoint(world, receiver.url));
    await page.goto(`${url}/webhooks`);
    await signIn(page, world.partner.apiKey.secret);
    const links = page.locator("ul.endpoints a");
    await links.nth(2).waitFor();
    const made = await links.allTextContents();
    const last = receivers.findIndex((receiver) => receiver.url === made[2]);
    await links.first().focus();
    receivers[last]?.answer((response) => response.writeHead(503).end());
    await world.api.ask("POST", `/v1/webhook-endpoints/${endpoints[last]?.id}/test`);
    const entry = page.getByRole("listitem").filter({ hasText: made[2] ?? "" });
    await entry.getByText("Newest failure: The endpoint answered 503").waitFor();
    await entry.getByText(/^The next retry is due at 24 Nov 2026, /).waitFor();
    expect(await links.allTextContents()).toEqual(made);
    await page.getByRole("button", { name: "Look again" }).click();
    await expect.poll(() => links.allTextContents()).toEqual([made[2], made[0], made[1]]);
    expect(await focused(page)).toBe("Look again");
  });

  test("what was disabled for being gone waits, and goes out once it is switched on", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(410).end());
    const endpoint = await addEndpoint(world, receiver.url);
    await open(page, url, world, endpoint);
    await page.getByRole("button", { name: "Send a test event" }).click();
    await page.getByText(/^Since .*: it answered 410 and is gone for good\.$/).waitFor();
    await page.getByRole("button", { name: "Send a test event" }).click();
    await page.getByText(/^\d events? waits?, .*None is lost\.$/).waitFor();
    receiver.answer((response) => response.writeHead(204).end());
    await page.getByRole("button", { name: "Switch on" }).click();
    await page.getByText("No event waits.").waitFor();
    await page.getByText(/^It last took an event about/).waitFor();
    // Whoever switched it by keyboard stands on the button that undoes it.
    expect(await focused(page)).toBe("Switch off");
  });

  test("what was disabled for failing says when it is tried again, and can be left in peace", async () => {
    const { page, url, world, gateway } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const endpoint = await addEndpoint(world, receiver.url);
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    for (let sent = 0; sent < 20; sent += 1) await world.api.ask("POST", `${path}/test`);
    const getHealth = async (): Promise<Schemas["WebhookEndpoint"]["health"]> =>
      (await world.api.ask<Schemas["WebhookEndpoint"]>("GET", path)).health;
    const { now } = gateway.gateway.services;
    await until(async () => (await getHealth()).lastFailureAt !== null);
    for (let step = 0; step < 8 && (await getHealth()).status !== "disabled"; step += 1) {
      const later = toInstant(now() + thirtyHours);
      gateway.setNow(later);
      await until(async () => (await getHealth()).lastFailureAt === formatInstant(later));
    }
    await until(async () => (await getHealth()).status === "disabled");
    await open(page, url, world, endpoint);
    await page.getByText(/^Since \d+ Nov 2026, .*: it took nothing for five days\.$/).waitFor();
    await page.getByText(/^It is tried again at \d+ Nov 2026, .* once it answers;/).waitFor();
    await page.getByText(/^\d+ events wait, the first since 24 Nov .* None is lost\.$/).waitFor();
    await page.getByRole("button", { name: "Switch on" }).waitFor();
    expect((await getHealth()).restsUntil).not.toBeNull();
    await page.getByRole("button", { name: "Stop trying" }).click();
    await page.getByText(/^Switch it on, and what waits is sent\.$/).waitFor();
    expect(await focused(page)).toBe("Switch on");
    await page.getByRole("button", { name: "Stop trying" }).waitFor({ state: "hidden" });
    expect(await getHealth()).toMatchObject({ status: "disabled", restsUntil: null });
  });

  test("without endpoints it leads to how to make one, and one that is deleted is gone", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const endpoint = await addEndpoint(world, "https://hooks.example.com/old");
    await open(page, url, world, endpoint);
    await page.getByRole("button", { name: "Delete …" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this endpoint?" });
    await dialog.getByText(endpoint.url).waitFor();
    expect(await focused(page)).toBe("Keep it");
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Delete …" }).click();
    await dialog.getByRole("button", { name: "Delete it" }).click();
    await page.getByText(`The endpoint ${endpoint.url} is deleted.`).waitFor();
    expect(page.url()).toBe(`${url}/webhooks`);
    const link = page.getByRole("link", { name: "POST /v1/webhook-endpoints" });
    // The reference names operations by tag, method and path.
    const { paths } = await world.operator.ask<{
      readonly paths: Readonly<Record<string, { readonly post: { readonly tags: string[] } }>>;
    }>("GET", "/openapi.json");
    const [tag] = paths["/v1/webhook-endpoints"]?.post.tags ?? [];
    expect(await link.getAttribute("href")).toBe(`/docs#tag/${tag}/POST/v1/webhook-endpoints`);
  });

  test("a test event that can't go out says what it waits for", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    const endpoint = await addEndpoint(world, receiver.url, { challenge: true });
    await open(page, url, world, endpoint);
    await page.getByRole("button", { name: "Send a test event" }).click();
    await page.getByText(/^The test event waits until .* press “Verify”\.$/).waitFor();
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByText("It is switched off: what happens meanwhile waits.").waitFor();
    await page.getByRole("button", { name: "Send a test event" }).click();
    await page.getByText("The test event waits: nothing is sent until you switch it on.").waitFor();
    expect(receiver.received).toEqual([]);
  });

  test("receipts that say no are told of, and listed on request, as text", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    const receipt = { status: "rejected", detail: "<b>No seats</b> \u202Eleft" };
    receiver.answer((response) => response.writeHead(200).end(JSON.stringify({ receipt })));
    const receipts: Schemas["ReceiptTerms"] = {
      eventTypes: ["subscription.*"],
      within: { minutes: 60 },
    };
    const endpoint = await addEndpoint(world, receiver.url, { receipts });
    await world.subscribe();
    await until(async () => {
      const { data } = await world.api.ask<Schemas["ReceiptList"]>("GET", "/v1/receipts");
      return data.length > 0 && data.every(({ status }) => status === "rejected");
    });
    await page.goto(`${url}/webhooks`);
    await signIn(page, world.partner.apiKey.secret);
    await page.getByText(/^Rejected receipts of the partner:/).click();
    await page.getByText("<b>No seats</b> left").first().waitFor();
    await page.getByRole("link", { name: endpoint.id }).first().click();
    await page.getByRole("heading", { name: "Attempts" }).waitFor();
    await page.getByText(/^Rejected receipts of the partner:/).waitFor();
  });
});
