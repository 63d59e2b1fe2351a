import { makeActivationCode, toInstant, type Instant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import { insertRows } from "../store/insert-rows.ts";
import type { Store } from "../store/store.ts";
import { makeWorld, type World } from "../testing/api.ts";
import type { TestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

/** A live partner with more subscriptions than a settlement takes in one chunk, all of them at quantity 1 to 7. */
export interface LargePartner {
  readonly world: World;
  /** What each of its bills has to come to. */
  readonly expected: {
    readonly net: string;
    readonly lineCount: number;
    readonly customerCount: number;
  };
}

const perCustomer = 3;
const largestQuantity = 7;
/** Product A's price in minor units, and the MSP's discount from 100 units on. */
const unitCents = 200;
const discountedShare = 0.88;

/** A reseller and an MSP, with `count` subscriptions each that are paid for from December 2026 on. */
export async function makeLargePartners(
  gateway: TestGateway,
  count: number,
): Promise<readonly LargePartner[]> {
  const partners: LargePartner[] = [];
  for (const type of ["reseller", "msp"] as const) {
    const world = await makeWorld(gateway, { mode: "live", type, name: `Large ${type}` });
    const { id } = await world.subscribe({ customer: { name: "Hotel Carpathia" }, quantity: 1 });
    await cloneSubscription(gateway.store, world.partner.id, id, count - 1);
    const share = type === "msp" ? discountedShare : 1;
    let cents = 0;
    for (let number = 0; number < count; number++)
      cents += Math.round(quantityOf(number) * unitCents * share);
    partners.push({
      world,
      expected: {
        net: (cents / 100).toFixed(2),
        lineCount: count,
        customerCount: 1 + Math.ceil((count - 1) / perCustomer),
      },
    });
  }
  return partners;
}

/** Number 0 is the one that was made over HTTP. */
function quantityOf(number: number): number {
  return 1 + (number % largestQuantity);
}

/** Rows made from one row: thousands of requests would take longer than all that is to be tested. Their own numbers begin at 0. */
async function cloneSubscription(
  store: Store,
  partner: string,
  id: string,
  count: number,
): Promise<void> {
  await store.transaction(async (tx) => {
    const [template] = await tx
      .selectFrom("subscriptions")
      .selectAll()
      .where("partner", "=", partner)
      .where("id", "=", id)
      .execute();
    const [customer] = await tx
      .selectFrom("customers")
      .selectAll()
      .where("partner", "=", partner)
      .execute();
    if (template === undefined || customer === undefined) throw new Error("Nothing to clone.");
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const ownerOf = (number: number): string =>
      renumber(customer.id, number - ((number - 1) % perCustomer));
    await insertRows(
      tx,
      "customers",
      numbers
        .filter((number) => number % perCustomer === 1)
        .map((number) => ({
          ...customer,
          id: renumber(customer.id, number),
          name: `Customer ${number % 97}`,
        })),
    );
    await insertRows(
      tx,
      "subscriptions",
      numbers.map((number) => ({
        ...template,
        id: renumber(template.id, number),
        customer: ownerOf(number),
        activation_code: makeActivationCode(crypto.getRandomValues(new Uint8Array(19))),
        quantity: quantityOf(number),
        version: 0,
        sequence: 0,
      })),
    );
  });
}

function renumber(id: string, number: number): string {
  return `${id.slice(0, -6)}${number.toString(16).padStart(6, "0")}`;
}

/** Of every settled month of a partner, what its bill comes to. */
export async function readBilled({ api }: World): Promise<readonly LargePartner["expected"][]> {
  const { data } = await api.ask<Schemas["BillList"]>("GET", "/v1/bills?limit=200");
  return data.map(({ net, lineCount, customerCount }) => ({ net, lineCount, customerCount }));
}

/** The first midnight of a month in Bratislava, as an instant. */
export function beginOf(month: Temporal.PlainYearMonth): Instant {
  return toInstant(
    month.toPlainDate({ day: 1 }).toZonedDateTime("Europe/Bratislava").epochMilliseconds,
  );
}
