import { makeActivationCode } from "@evergate/core";
import { openBare, type Row } from "./bare-database.ts";
import { makeTemplate, type TemplatePartner } from "./make-template.ts";

/** So many of a partner's subscriptions are one customer's. */
const subscriptionsPerCustomer = 5;
const rowsAtOnce = 10_000;

/** Fills a fresh database with `count` subscriptions of a few partners, which all have a period that has ended. */
export async function populate(
  databaseUrl: string,
  count: number,
  partnerCount = 20,
): Promise<readonly TemplatePartner[]> {
  const partners = await makeTemplate(databaseUrl, partnerCount);
  const database = await openBare(databaseUrl);
  try {
    for (const { id, subscription, share } of partners) {
      const [template] = await database.select(
        `select * from subscriptions where partner = '${id}' and id = '${subscription}'`,
      );
      if (template === undefined) throw new Error(`The template ${subscription} is missing.`);
      const [customer] = await database.select(
        `select * from customers where partner = '${id}' and id = '${String(template["customer"])}'`,
      );
      if (customer === undefined) throw new Error(`The customer of ${subscription} is missing.`);
      const copies = Math.round(count * share);
      for (let start = 0; start < copies; start += rowsAtOnce) {
        const numbers = Array.from(
          { length: Math.min(rowsAtOnce, copies - start) },
          (_, index) => start + index + 1,
        );
        const customers = numbers.filter((number) => number % subscriptionsPerCustomer === 1);
        await database.insert(
          "customers",
          customers.map((number) => copyCustomer(customer, number)),
        );
        await database.insert(
          "subscriptions",
          numbers.map((number) => copySubscription(template, number)),
        );
      }
    }
  } finally {
    await database.close();
  }
  return partners;
}

function copyCustomer(customer: Row, number: number): Row {
  return {
    ...customer,
    id: renumber(customer["id"], number),
    external_id: `S-1-${number}`,
    name: `Customer ${number % 7_919} of ${number}`,
  };
}

function copySubscription(template: Row, number: number): Row {
  const owner = number - ((number - 1) % subscriptionsPerCustomer);
  return {
    ...template,
    id: renumber(template["id"], number),
    customer: renumber(template["customer"], owner),
    external_id: `S-1-${number}`,
    activation_code: makeActivationCode(crypto.getRandomValues(new Uint8Array(19))),
    quantity: 1 + (number % 40),
    dearest_quantity: 1 + (number % 40),
  };
}

/** The same id with another end. Base 32 of the ids has all hexadecimal digits. */
function renumber(id: Row[string] | undefined, number: number): string {
  return `${String(id).slice(0, -8)}${number.toString(16).padStart(8, "0")}`;
}
