import type { Browser, Page } from "playwright-core";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "./api.ts";
import { openPage, type OpenPage } from "./open-browser.ts";

type Schemas = components["schemas"];

export async function openWorld(browser: Browser): Promise<OpenPage & { readonly world: World }> {
  const opened = await openPage(browser, { withBackground: true });
  return { ...opened, world: await makeWorld(opened.gateway) };
}

export function addEndpoint(
  world: World,
  url: string,
  input: Partial<Schemas["WebhookEndpointInput"]> = {},
): Promise<Schemas["CreatedWebhookEndpoint"]> {
  return world.api.ask("POST", "/v1/webhook-endpoints", {
    url,
    eventTypes: ["subscription.*", "webhook_endpoint.test"],
    ...input,
  });
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Show the webhooks" }).click();
}

/** Opens an endpoint's view by its address, as from a link that somebody kept. */
export async function open(
  page: Page,
  url: string,
  world: World,
  endpoint: Pick<Schemas["WebhookEndpoint"], "id">,
): Promise<void> {
  await page.goto(`${url}/webhooks#${endpoint.id}`);
  await signIn(page, world.partner.apiKey.secret);
  await page.getByRole("heading", { name: "Attempts" }).waitFor();
}

/** The text of what has the focus. */
export function focused(page: Page): Promise<string | undefined> {
  return page.evaluate<string | undefined>("document.activeElement?.textContent");
}

/** Moves the focus until it is on something with this text. */
export async function pressUntil(page: Page, key: string, text: string): Promise<void> {
  const passed: (string | undefined)[] = [];
  while ((await focused(page)) !== text) {
    if (passed.length > 30) throw new Error(`Not reached by ${key}: ${text}; ${passed.join("|")}`);
    await page.keyboard.press(key);
    passed.push(await focused(page));
  }
}
