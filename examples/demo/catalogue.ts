import type { Channel, ProductInput, Tier } from "@evergate/sdk";

/** A product of the demo, and what one unit of it costs for one billing period, in EUR. The prices are invented. */
export interface CatalogueEntry {
  readonly code: string;
  readonly name: string;
  readonly unit: ProductInput["unit"];
  readonly channels: readonly Channel[];
  readonly unitPrice: string;
}

const business: readonly Channel[] = ["reseller", "msp"];
const consumer: readonly Channel[] = ["xsp"];

export const currency = "EUR";

/** What an MSP saves on all units of a product, once it has so many of them on one bill (R20). */
export const mspTiers: readonly Tier[] = [
  { from: 50, discountPercent: "5" },
  { from: 100, discountPercent: "12" },
  { from: 500, discountPercent: "20" },
];

export const catalogue: readonly CatalogueEntry[] = [
  entry(
    "KESB-SELECT",
    "Kaspersky Endpoint Security for Business - Select",
    "desktop",
    business,
    "1.80",
  ),
  entry(
    "KESB-ADV",
    "Kaspersky Endpoint Security for Business - Advanced",
    "desktop",
    business,
    "2.90",
  ),
  entry("KESC-USER", "Kaspersky Endpoint Security Cloud, User", "user", business, "2.00"),
  entry("KESC-PLUS", "Kaspersky Endpoint Security Cloud Plus, User", "user", business, "3.20"),
  entry("KS-O365", "Kaspersky Security for Office 365", "mailbox", business, "1.10"),
  entry("KS-MAIL", "Kaspersky Security for Mail Server", "mailbox", business, "0.95"),
  entry("KS-GATE", "Kaspersky Security for Internet Gateway", "user", business, "1.05"),
  entry("KHCS-DESK", "Kaspersky Hybrid Cloud Security, Desktop", "desktop", business, "2.15"),
  entry("KHCS-SRV", "Kaspersky Hybrid Cloud Security, Server", "server", business, "14.50"),
  entry("KHCS-CPU", "Kaspersky Hybrid Cloud Security, CPU", "cpu", business, "48.00"),
  entry(
    "KHCSE-SRV",
    "Kaspersky Hybrid Cloud Security Enterprise, Server",
    "server",
    business,
    "21.00",
  ),
  entry("KHCSE-CPU", "Kaspersky Hybrid Cloud Security Enterprise, CPU", "cpu", business, "69.00"),
  entry("KSOS", "Kaspersky Small Office Security", "device", ["reseller", "msp", "xsp"], "2.40"),
  entry("KASAP", "Kaspersky Automated Security Awareness Platform", "user", business, "0.80"),
  entry("KAV", "Kaspersky Anti-Virus", "device", consumer, "0.99"),
  entry("KIS", "Kaspersky Internet Security", "device", consumer, "1.49"),
  entry("KTS", "Kaspersky Total Security", "device", consumer, "1.99"),
  entry("KISA", "Kaspersky Internet Security for Android", "device", consumer, "0.69"),
  entry("KSK", "Kaspersky Safe Kids", "device", consumer, "0.59"),
  entry("KSC", "Kaspersky Secure Connection", "device", consumer, "1.29"),
];

function entry(
  code: string,
  name: string,
  unit: CatalogueEntry["unit"],
  channels: readonly Channel[],
  unitPrice: string,
): CatalogueEntry {
  return { code, name, unit, channels, unitPrice };
}
