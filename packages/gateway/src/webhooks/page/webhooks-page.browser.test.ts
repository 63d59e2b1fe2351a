import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { answerChallenges } from "../../testing/answer-challenges.ts";
import { apiOf } from "../../testing/api.ts";
import { describeInBrowser, openPage } from "../../testing/open-browser.ts";
import { until } from "../../testing/open-delivery-bench.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import {
  addEndpoint,
  focused,
  open,
  openWorld,
  pressUntil,
  signIn,
} from "../../testing/webhooks-page.ts";

type Schemas = components["schemas"];

/** What a hostile endpoint, or somebody in its name, would have people's browsers do. */
const hostile =
  "<img src=x onerror=\"document.title='stolen'\"><script>alert(1)</script>\u202Eevil</pre>{{files}}";
const shown = hostile.replace("\u202E", "<U+202E>");

describeInBrowser("the webhooks page in a browser", (getBrowser) => {
  test("asks for a key, keeps it in this tab alone, and forgets it", async () => {
    const { page, url, world, strangers } = await openWorld(getBrowser());
    await page.goto(`${url}/webhooks`);
    await page.getByLabel("API key").fill("evg_nobody's");
    await page.getByRole("button", { name: "Show the webhooks" }).click();
    await page.getByRole("alert").getByText(/\w/).waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);

    await signIn(page, world.partner.apiKey.secret);
    await page.getByText("There is no endpoint yet.").waitFor();
    await page.getByText("Danube Telecom").waitFor();
    expect(page.url()).toBe(`${url}/webhooks`);
    expect(await page.evaluate("[localStorage.length, document.cookie]")).toEqual([0, ""]);
    await page.reload();
    await page.getByRole("heading", { name: "Endpoints" }).waitFor();
    await page.goto(`${url}/webhooks#wh_01m86d3dj0fhrrs8thyv5t4a1p`);
    await page
      .getByRole("alert")
      .getByText(/wh_01m86d3dj0fhrrs8thyv5t4a1p/)
      .waitFor();
    await page.getByRole("heading", { name: "Endpoints" }).waitFor();

    // Another tab knows nothing of it.
    const other = await page.context().newPage();
    await other.goto(`${url}/webhooks`);
    await other.getByLabel("API key").waitFor();
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByText("The key is forgotten.").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(strangers).toEqual([]);
  });

  test("an operator looks for a partner, whose record has the name typed in", async () => {
    const { page, url, gateway, world } = await openWorld(getBrowser());
    const endpoint = await addEndpoint(world, "https://hooks.example.com/evergate");
    await page.goto(`${url}/webhooks`);
    await signIn(page, gateway.operatorKey);
    await page.getByRole("alert").getByText("fill in Partner").waitFor();
    await page.keyboard.type(world.partner.id);
    await page.getByLabel("Your name").fill("Eva Horváthová");
    await page.getByRole("button", { name: "Show the webhooks" }).click();
    await page.getByRole("link", { name: endpoint.url }).click();
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByText("It is switched off: what happens meanwhile waits.").waitFor();
    const log = await apiOf(gateway).ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${endpoint.id}`,
      undefined,
      { headers: { "evergate-partner": world.partner.id } },
    );
    expect(log.data[0]).toMatchObject({ action: "updateWebhookEndpoint", actor: "Eva Horváthová" });
  });

  test("by keyboard alone", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    await addEndpoint(world, receiver.url);
    await page.goto(`${url}/webhooks`);
    await page.getByLabel("API key").focus();
    await page.keyboard.type(world.partner.apiKey.secret);
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Endpoints");
    await pressUntil(page, "Tab", receiver.url);
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe(receiver.url);
    await pressUntil(page, "Tab", "Send a test event");
    await page.keyboard.press("Enter");
    await page.locator("ol.attempts").getByText("Succeeded").waitFor();
    await until(() => receiver.received.length === 1);
    // Whatever was drawn meanwhile, whoever pressed it is still there.
    expect(await focused(page)).toBe("Send a test event");
    await pressUntil(page, "Tab", "Deliver once more");
    await page.keyboard.press("Space");
    await until(() => receiver.received.length === 2);
    await pressUntil(page, "Shift+Tab", "← All endpoints");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Endpoints");
  });

  test("a failing endpoint reads as it fares; what it answered is text, whatever it is", async () => {
    const { page, url, world, strangers, complaints } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end(hostile));
    const endpoint = await addEndpoint(world, receiver.url, { description: hostile });
    await page.goto(`${url}/webhooks`);
    await signIn(page, world.partner.apiKey.secret);
    const entry = page.getByRole("listitem").filter({ hasText: receiver.url });
    await entry.getByText("Nothing has been delivered to it yet.").waitFor();
    await page.getByRole("link", { name: receiver.url }).click();
    await page.getByRole("button", { name: "Send a test event" }).click();
    const attempt = page.getByRole("listitem").filter({ hasText: "webhook_endpoint.test" });
    await attempt.getByText("The endpoint answered 500.").waitFor();
    await attempt
      .getByText(/^Attempt 1, [\d,]+ ms, at 127\.0\.0\.1\. The next attempt is due at 24 Nov 2026/)
      .waitFor();
    // It is open: of a failure the answer is what one wants to know. What would turn it around was never stored.
    await attempt.locator("pre").waitFor();
    expect(await attempt.locator("pre").textContent()).toBe(hostile.replace("\u202E", ""));
    await page.getByText(/^Since 24 Nov 2026, 10:00:00: it has taken nothing\.$/).waitFor();
    expect(await page.locator("article > p").filter({ hasText: "evil" }).textContent()).toBe(shown);
    expect(await page.locator("img, main script").count()).toBe(0);
    expect(await page.title()).toBe(`${endpoint.url} · Evergate webhooks`);
    // Its clock stands still: by itself the next attempt never comes.
    receiver.answer((response) => response.writeHead(204).end());
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText(/^It last took an event about/).waitFor();
    await page.getByRole("button", { name: "Try now" }).waitFor({ state: "hidden" });
    expect(await focused(page)).toBe("Switch off");
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("the policy makes no markup of text, even where the page had a fault", async () => {
    const { page, url } = await openWorld(getBrowser());
    await page.goto(`${url}/webhooks`);
    const makeMarkup = "document.body.innerHTML = '<p>made</p>'";
    await expect(page.evaluate(makeMarkup)).rejects.toThrow(/TrustedHTML/);
  });

  test("attempts are filtered, read on, and an event delivered once more", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    // The last event fails at first; all others are taken.
    receiver.answer((response, _, index) => response.writeHead(index === 29 ? 400 : 204).end());
    const endpoint = await addEndpoint(world, receiver.url);
    for (let sent = 1; sent <= 30; sent += 1) {
      await world.api.ask("POST", `/v1/webhook-endpoints/${endpoint.id}/test`);
      await until(() => receiver.received.length === sent);
    }
    await open(page, url, world, endpoint);
    const items = page.locator("ol.attempts > li");
    await items.nth(24).waitFor();
    expect(await items.count()).toBe(25);
    await page.getByRole("button", { name: "Older attempts" }).click();
    await items.nth(29).waitFor();
    expect(await items.count()).toBe(30);
    expect(await page.getByRole("button", { name: "Older attempts" }).isVisible()).toBe(false);

    await page.getByLabel("Which").selectOption("failed");
    await expect.poll(() => items.count()).toBe(1);
    const failed = receiver.received[29]?.id ?? "";
    await page.getByRole("button", { name: `Deliver once more: ${failed}` }).click();
    await page.getByText(`${failed} is on its way once more, under its number 30.`).waitFor();
    await until(() => receiver.received.filter(({ id }) => id === failed).length === 2);
    await page.getByRole("button", { name: `Only this event: ${failed}` }).click();
    await page.getByLabel("Which").selectOption("");
    await expect.poll(() => items.count()).toBe(2);
    await items.first().getByText("Succeeded").waitFor();
  });

  test("a new secret is shown once, and proved by the one who has it", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    const endpoint = await addEndpoint(world, receiver.url);
    await open(page, url, world, endpoint);
    await page.getByRole("button", { name: "Rotate the secret …" }).click();
    await page.getByLabel("Sign with the secret until now as well").selectOption("604800");
    await page.getByLabel("Deliver nothing until it has proved that it has the new one").check();
    await page.getByRole("button", { name: "Rotate", exact: true }).click();
    const secret = await page.getByLabel("Secret", { exact: true }).inputValue();
    expect(secret).toMatch(/^whsec_/);
    // Not lost to a key pressed by mistake.
    await page.keyboard.press("Escape");
    await page.getByLabel("Secret", { exact: true }).waitFor();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await page.content()).not.toContain(secret);
    const kept = await page.evaluate("JSON.stringify(sessionStorage)");
    expect(kept).not.toContain(secret);
    await page.getByText("Not verified").waitFor();

    answerChallenges(receiver, endpoint.secret);
    await page.getByRole("button", { name: "Verify" }).click();
    await page
      .getByRole("alert")
      .getByText("Verifying failed. The endpoint answered 200, but not")
      .waitFor();
    answerChallenges(receiver, secret);
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("It has proved that it has its secret.").waitFor();
    await page.getByText("Ready").waitFor();

    await page.getByText(/^Earlier secrets that are still good until 1 Dec 2026/).waitFor();
    await page.getByRole("button", { name: "Revoke them now" }).click();
    await page.getByText("Only the present secret is good.").waitFor();
    const { previousSecrets } = await world.api.ask<Schemas["WebhookEndpoint"]>(
      "GET",
      `/v1/webhook-endpoints/${endpoint.id}`,
    );
    expect(previousSecrets).toEqual([]);
  });

  test("a replay is counted first, and then watched to its end", async () => {
    const { page, url, world } = await openWorld(getBrowser());
    const receiver = await startReceiver();
    const endpoint = await addEndpoint(world, receiver.url);
    for (let sent = 0; sent < 3; sent += 1)
      await world.api.ask("POST", `/v1/webhook-endpoints/${endpoint.id}/test`);
    await until(() => receiver.received.length === 3);
    await open(page, url, world, endpoint);
    await page.locator("summary", { hasText: "Replay" }).click();
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("There is nothing to replay; what waits goes out by itself.").waitFor();
    await page.getByLabel("What", { exact: true }).selectOption("all");
    await page.getByLabel("Types").fill("webhook_endpoint.*");
    await page.getByLabel("Until").fill("2026-11-24T09:59");
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("There is nothing to replay; what waits goes out by itself.").waitFor();
    await page.getByLabel("Until").fill("2026-11-24T10:01");
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("3 deliveries would be made.").waitFor();
    expect(receiver.received.length).toBe(3);
    await page.getByRole("button", { name: "Replay 3 deliveries" }).click();
    await page.getByText(/^Completed: 3 of 3, everything it wants until/).waitFor();
    await until(() => receiver.received.length === 6);
    // What was counted is what begins: another choice wants another count.
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("3 deliveries would be made.").waitFor();
    await page.getByLabel("What", { exact: true }).selectOption("failed");
    expect(await page.getByRole("button", { name: /^Replay/ }).count()).toBe(0);
  });

  test.each([360, 1_280])("at %i px nothing stands out of the page", async (width) => {
    const { page, url, world } = await openWorld(getBrowser());
    await page.setViewportSize({ width, height: 800 });
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(503).end("x".repeat(1_500)));
    const long = `${receiver.url}&${"tenant".repeat(60)}`;
    const endpoint = await addEndpoint(world, long, { description: "d".repeat(200) });
    await open(page, url, world, endpoint);
    await page.getByRole("button", { name: "Send a test event" }).click();
    await page.locator("pre").waitFor();
    for (const hasText of ["Replay", "How it is set"])
      await page.locator("summary", { hasText }).click();
    expect(await standsOut(page)).toEqual([]);
    await page.getByRole("button", { name: "Rotate the secret …" }).click();
    expect(await standsOut(page)).toEqual([]);
    await page.getByRole("button", { name: "Leave it as it is" }).click();
    await page.getByRole("link", { name: "← All endpoints" }).click();
    await page.getByRole("heading", { name: "Endpoints" }).waitFor();
    expect(await standsOut(page)).toEqual([]);
  });

  test("says without JavaScript where the same is", async () => {
    const { url } = await openPage(getBrowser());
    const page = await getBrowser().newPage({ javaScriptEnabled: false });
    onTestFinished(() => page.close());
    await page.goto(`${url}/webhooks`);
    await page.getByRole("link", { name: "the reference pages" }).waitFor();
  });
});

/** The elements that reach out of the window, by which it would have to be moved sideways. */
function standsOut(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`
    [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((one) => one.outerHTML.slice(0, 100))`);
}
