import { randomBytes } from "node:crypto";
import { Evergate } from "@evergate/sdk";
import { mspTiers } from "./catalogue.ts";
import { beginsAt, endsOn, timeZone } from "./clock.ts";
import { compareDeliveries } from "./compare-deliveries.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { takeOnPartner, type DemoPartner } from "./partners.ts";
import { play } from "./play.ts";
import { renderBill } from "./print/bills.ts";
import { renderCatalogue } from "./print/catalogue-table.ts";
import { createNames, type Names } from "./print/names.ts";
import { renderPartners } from "./print/partners-table.ts";
import { paint, type Screen } from "./print/screen.ts";
import { makeDataFolder, writeKeys } from "./processes/data-folder.ts";
import { findPort } from "./processes/find-port.ts";
import type { Household } from "./processes/household.ts";
import { startGateway, type Gateway } from "./processes/start-gateway.ts";
import { startReceiver, type Receiver } from "./processes/start-receiver.ts";
import { sendForgery } from "./send-forgery.ts";
import { mspStory } from "./stories/msp.ts";
import { resellerStory } from "./stories/reseller.ts";
import { xspStory } from "./stories/xsp.ts";

/** The demo, after its last act: the gateway is still there. */
export interface PlayedDemo {
  /** Tells where the gateway and its keys are, and makes sure that it is so. */
  showWhereToGo(): Promise<void>;
}

/** Plays the demo from the first line to the last bill. Rejects where anything goes wrong, or a child ends. */
export function runDemo(household: Household, screen: Screen): Promise<PlayedDemo> {
  return Promise.race([playAll(household, screen), household.ended]);
}

async function playAll(household: Household, screen: Screen): Promise<PlayedDemo> {
  const startedAt = performance.now();
  const operatorKey = `demo_${randomBytes(32).toString("base64url")}`;
  printTitle(screen);
  const { gateway, receiver, dataFolder } = await startProcesses(household, operatorKey, screen);

  const operator = new Evergate({
    apiKey: operatorKey,
    baseUrl: gateway.baseUrl,
    actor: "Demo operator",
  });
  screen.printHeading("The operator loads the catalogue");
  const { products, priceCount } = await loadCatalogue(operator);
  screen.print(renderCatalogue());
  const tiers = mspTiers
    .map(({ from, discountPercent }) => `${discountPercent} % from ${from} units`)
    .join(", ");
  screen.printParagraph(
    `${products.length} products and ${priceCount} prices, in EUR per unit and month. MSPs save, on each product: ${tiers}.`,
  );

  screen.printHeading("The operator takes on three partners");
  const partners: DemoPartner[] = [];
  for (const story of [resellerStory, mspStory, xspStory])
    partners.push(await takeOnPartner(operator, gateway.baseUrl, receiver, story));
  screen.print(renderPartners(partners.map(({ partner }) => partner)));
  screen.printParagraph(
    `Sandboxes: their clocks stand at ${beginsAt} (${timeZone}) until they are advanced.`,
  );
  await showForgery(receiver, partners, screen);

  const names = createNames(products);
  await play(partners, receiver, names, screen);
  for (const partner of partners) await showBills(partner, names, screen);
  printRules(screen);

  screen.printHeading("The webhooks");
  const { eventCount, subscriptionCount } = await compareDeliveries(partners, receiver);
  screen.printParagraph(
    `${paint("green", "✓")} ${receiver.countVerified()} webhooks verified, ${eventCount} events on record (GET /v1/events): the same ones, and for each of the ${subscriptionCount} subscriptions in the same order, numbered without a gap.`,
  );
  screen.printParagraph(
    `Played up to ${endsOn} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`,
  );
  return { showWhereToGo: () => showWhereToGo(gateway, operatorKey, partners, dataFolder, screen) };
}

function printTitle(screen: Screen): void {
  screen.print();
  screen.printParagraph(
    paint("bold", "Evergate: a gateway, three partners, four months, and their bills"),
  );
  screen.printParagraph(
    "Prices are invented. Product names are trademarks of their owner, with whom Evergate has no connection.",
  );
}

interface Processes {
  readonly gateway: Gateway;
  readonly receiver: Receiver;
  readonly dataFolder: string;
}

async function startProcesses(
  household: Household,
  operatorKey: string,
  screen: Screen,
): Promise<Processes> {
  const askedPort = process.env["EVERGATE_PORT"];
  const port = await findPort(askedPort);
  const dataFolder = makeDataFolder();
  screen.printHeading("Two processes");
  const gateway = await startGateway(household, { dataFolder, port, operatorKey });
  screen.print(`  Gateway   ${gateway.baseUrl.padEnd(23)} evergate serve, process ${gateway.pid}`);
  if (port === 0 && !askedPort)
    screen.print(
      `            ${paint("yellow", "port 8080 is in use, so it is another; EVERGATE_PORT sets one")}`,
    );
  const receiver = await startReceiver(household, dataFolder);
  screen.print(
    `  Receiver  ${receiver.baseUrl.padEnd(23)} a provider's own program, process ${receiver.pid}`,
  );
  screen.print(`  Data      ${dataFolder} (made anew by every run)`);
  return { gateway, receiver, dataFolder };
}

/** Whoever knows the receiver's address can send to it: it believes only what the gateway has signed. */
async function showForgery(
  receiver: Receiver,
  partners: readonly DemoPartner[],
  screen: Screen,
): Promise<void> {
  const [first] = partners;
  if (first === undefined) return;
  const status = await sendForgery(`${receiver.baseUrl}${first.path}`);
  if (status !== 400)
    throw new Error(
      `The receiver answered a forged webhook with ${status} instead of refusing it.`,
    );
  screen.printParagraph(
    "The receiver's first webhook is a forged one. It refuses it: no signature fits.",
  );
}

async function showBills(
  { partner, evergate, story }: DemoPartner,
  names: Names,
  screen: Screen,
): Promise<void> {
  screen.printHeading(`The bills of ${partner.name} (${partner.type})`);
  const { data: bills } = await evergate.bills.list({ limit: 200 });
  // Lists begin with the newest; bills are read from the oldest on.
  for (const [index, bill] of bills.toReversed().entries()) {
    const { data: lines } = await evergate.bills.listLines(bill.id, { limit: 200 });
    const reasons = story.reasons.filter(({ month }) => month === bill.month);
    if (index > 0) screen.print();
    screen.print(renderBill({ bill, lines }, reasons, names));
  }
}

function printRules(screen: Screen): void {
  screen.printHeading("Where the surprising figures come from");
  screen.printParagraph(
    "Whoever was in service for a moment of a month, outside the trial, pays it in full, and else nothing (R16); for the dearest that was in service in it (R17); by the day only where paid service first begins inside a month (R18); and an MSP's discount follows from the units of all its customers together, product by product (R20).",
  );
}

async function showWhereToGo(
  { baseUrl }: Gateway,
  operatorKey: string,
  partners: readonly DemoPartner[],
  dataFolder: string,
  screen: Screen,
): Promise<void> {
  const pages = [`${baseUrl}/docs`, `${baseUrl}/webhooks`, `${baseUrl}/healthz`];
  for (const page of pages) {
    const { status } = await fetch(page);
    if (status !== 200) throw new Error(`${page} answers ${status} instead of 200.`);
  }
  const keysPath = writeKeys(dataFolder, {
    EVERGATE_URL: baseUrl,
    // For `listen` and `trigger`, which act in the first partner's sandbox with it.
    EVERGATE_API_KEY: partners[0]?.partner.apiKey.secret ?? "",
    OPERATOR_KEY: operatorKey,
    ...Object.fromEntries(
      partners.map(({ partner }) => [`${partner.type.toUpperCase()}_KEY`, partner.apiKey.secret]),
    ),
  });
  screen.printHeading("The gateway stays up");
  screen.print(`  Reference  ${baseUrl}/docs`);
  screen.print(`  Webhooks   ${baseUrl}/webhooks, with a partner's key`);
  screen.print(`  Health     ${baseUrl}/healthz`);
  screen.print(`  Keys       ${keysPath}`);
  screen.print("             the operator's and the partners'; only you can read it");
  screen.print("  Stop it    Ctrl-C");
  screen.print();
  screen.print("  Try, in another terminal, in this folder:");
  screen.print(`    . "${keysPath}"`);
  screen.print('    curl -H "Authorization: Bearer $RESELLER_KEY" $EVERGATE_URL/v1/bills');
  screen.print("    npm run -s evergate -- listen");
  screen.print();
  screen.print("  and in a third one, so that there is something to listen to:");
  screen.print(`    . "${keysPath}"`);
  screen.print("    npm run -s evergate -- trigger subscription.paused");
}
