import { Evergate } from "@evergate/sdk";
import { operatorKey } from "./child.ts";

export interface Prepared {
  readonly key: string;
  readonly customer: string;
  readonly product: string;
}

/** A live reseller with one product and one customer. */
export async function preparePartner(origin: string): Promise<Prepared> {
  const operator = new Evergate({ apiKey: operatorKey, baseUrl: origin });
  const code = `BENCH-${Date.now()}`;
  const product = await operator.products.create({
    code,
    name: "Bench",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10_000,
  });
  await operator.prices.create({
    product: product.id,
    channel: "reseller",
    currency: "EUR",
    unitPrice: "2.00",
    validFrom: "2020-01-01",
  });
  const partner = await operator.partners.create({
    name: "Bench",
    type: "reseller",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "live",
  });
  const client = new Evergate({ apiKey: partner.apiKey.secret, baseUrl: origin });
  const customer = await client.customers.create({ name: "Hotel Carpathia" });
  return { key: partner.apiKey.secret, customer: customer.id, product: product.id };
}
