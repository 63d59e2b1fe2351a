import { toInstant, type Instant } from "@evergate/core";
import { catchUp } from "../clockwork/catch-up.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { makeWorld, type Api, type World } from "../testing/api.ts";
import { testNow, type TestGateway } from "../testing/start-test-gateway.ts";
import { createChance, type Chance } from "./random.ts";

type PartnerInput = components["schemas"]["PartnerInput"];

const dayMs = 86_400_000;

/** When the second wave of commands is given: the first has been in service for a while. */
export const secondWaveAt: Instant = toInstant(testNow + 16 * dayMs);

/** So many of a partner's customers have a prepaid licence. */
const licenceCount = 10;

/** Every kind of partner, in zones whose clocks change in different months and directions. */
const kinds: readonly (Partial<PartnerInput> & { readonly name: string })[] = [
  { name: "Danube Telecom", type: "reseller", timeZone: "Europe/Bratislava", taxRate: "23" },
  { name: "Harbour Managed Services", type: "msp", timeZone: "America/New_York" },
  {
    name: "Delta Mobile",
    type: "xsp",
    timeZone: "Asia/Kolkata",
    trialLimit: { months: 2 },
    defaultTrial: { days: 14 },
  },
  {
    name: "Fjord Games",
    type: "xsp",
    timeZone: "Pacific/Auckland",
    billingPeriod: "thirty_days",
    trialLimit: { days: 60 },
    taxRate: "15",
  },
];

export interface PopulationOptions {
  readonly mode: "sandbox" | "live";
  readonly subscriptionsPerPartner: number;
  readonly seed: number;
  /** Which of the kinds of partners; all unless said. */
  readonly only?: readonly string[];
}

/**
 * Fills a database with partners of every kind and their subscriptions in every state that has something due:
 * trials, scheduled starts (some of them moved by prepaid licences), pauses with and without an end, stops at once, at the period's end and by date,
 * scheduled changes, terms that end and terms that renew. The same seed makes the same everywhere.
 */
export async function makePopulation(
  gateway: TestGateway,
  options: PopulationOptions,
): Promise<readonly World[]> {
  const worlds: World[] = [];
  for (const kind of kinds) {
    if (options.only !== undefined && !options.only.includes(kind.name)) continue;
    const world = await makeWorld(gateway, { ...kind, mode: options.mode });
    const chance = createChance(options.seed + kinds.indexOf(kind));
    for (let index = 0; index < options.subscriptionsPerPartner; index++)
      await create(world, index, chance);
    const prepaid = createChance(options.seed + 200 + kinds.indexOf(kind));
    for (let index = 0; index < Math.min(options.subscriptionsPerPartner, licenceCount); index++)
      await prepay(world, index, prepaid);
    worlds.push(world);
  }
  const [first] = worlds;
  await first?.operator.call("POST", "/v1/prices", {
    product: first.products.a.id,
    channel: "msp",
    currency: "EUR",
    unitPrice: "2.345678",
    validFrom: "2027-01-01",
    tiers: [{ from: 30, discountPercent: "7.5" }],
  });
  await moveOn(gateway, worlds, secondWaveAt, options.mode);
  for (const [number, world] of worlds.entries()) {
    const chance = createChance(options.seed + 100 + number);
    for (let index = 0; index < options.subscriptionsPerPartner; index++)
      await order(world.api, reference(index), chance);
  }
  return worlds;
}

function reference(index: number): string {
  return `S-${String(index).padStart(4, "0")}`;
}

async function moveOn(
  gateway: TestGateway,
  worlds: readonly World[],
  to: Instant,
  mode: "sandbox" | "live",
): Promise<void> {
  if (mode === "live") gateway.setNow(to);
  for (const { api, partner } of worlds) {
    if (mode === "sandbox") await api.ask("POST", "/v1/sandbox/clock/advance", { to: toText(to) });
    else await catchUp({ ...gateway.gateway.services, now: () => to }, toPartnerId(partner.id), to);
  }
}

async function create(world: World, index: number, chance: Chance): Promise<void> {
  const isXsp = world.partner.type === "xsp";
  await allow(
    world.api.call("POST", "/v1/subscriptions", {
      customer: { name: `Customer ${chance.between(1, 40)}`, externalId: `C-${reference(index)}` },
      externalId: reference(index),
      product: chance.pick([world.products.a.id, world.products.b.id]),
      quantity: chance.between(1, 60),
      ...chance.pick([{}, {}, { startsAt: toText(later(testNow, chance, 60)) }]),
      ...chance.pick([
        {},
        {},
        {},
        { term: { periods: chance.between(1, 3), renews: chance.pick([true, false]) } },
      ]),
      ...(isXsp
        ? chance.pick([{}, { trial: "none" }, { trial: { days: chance.between(1, 45) } }])
        : {}),
    }),
  );
}

/** A prepaid licence, which moves what was to begin in its time, and ends, or nears its end, later on. */
async function prepay({ api, products }: World, index: number, chance: Chance): Promise<void> {
  const endsOn = toText(later(testNow, chance, 120)).slice(0, 10);
  await allow(
    api.call("POST", "/v1/prepaid-licences", {
      customer: `ext:C-${reference(index)}`,
      externalId: `L-${index}`,
      product: chance.pick([products.a.id, products.b.id]),
      quantity: chance.between(1, 60),
      endsOn,
    }),
  );
}

/** One or two commands that leave something to be done by the clock later on. */
async function order(api: Api, reference: string, chance: Chance): Promise<void> {
  const path = `/v1/subscriptions/ext:${reference}`;
  const post = (action: string, body?: object) => (): Promise<unknown> =>
    allow(api.call("POST", `${path}/${action}`, body));
  const patch = (body: object) => (): Promise<unknown> => allow(api.call("PATCH", path, body));
  for (let count = chance.between(0, 2); count > 0; count--) {
    await chance.pick([
      post("pause", { days: chance.between(1, 50) }),
      post("pause", {
        startsAt: toText(later(secondWaveAt, chance, 40)),
        resumesAt: toText(toInstant(secondWaveAt + chance.between(41, 110) * dayMs)),
      }),
      post("pause", { resumesAt: null }),
      post("cancel", { effective: "period_end" }),
      post("cancel", {
        effective: "period_end",
        date: `2027-0${chance.between(1, 3)}-${chance.between(10, 28)}`,
      }),
      post("cancel", { effective: "now" }),
      patch({ quantity: chance.between(1, 90), effective: "next_period" }),
      patch({ product: chance.pick(["code:A", "code:B"]), effective: "next_period" }),
      patch({ quantity: chance.between(1, 90) }),
      patch({ product: chance.pick(["code:A", "code:B"]), quantity: chance.between(1, 90) }),
    ])();
  }
}

/** Chance orders much that is not allowed; being refused is fine, failing is not. */
async function allow(
  reply: Promise<{ readonly status: number; readonly body: unknown }>,
): Promise<void> {
  const { status, body } = await reply;
  if (status >= 500 || status === 400 || status === 404)
    throw new Error(`Answered ${status}: ${JSON.stringify(body)}`);
}

/** Some instant within so many days, to the millisecond. */
function later(from: Instant, chance: Chance, days: number): Instant {
  return toInstant(from + chance.between(1, days * dayMs));
}

function toText(instant: Instant): string {
  return new Date(instant).toISOString();
}
