import type { Evergate, PartnerInput, Subscription } from "@evergate/sdk";
import { currency } from "../catalogue.ts";
import { beginsAt, timeZone } from "../clock.ts";

/** One thing that a partner does. */
export interface Scene {
  /** When, by the partner's clock on the wall: `2026-12-10T10:00`. */
  readonly at: string;
  readonly tells: string;
  /** Does it, with the partner's own client, and answers the subscription that it was about. */
  readonly happens: (evergate: Evergate) => Promise<Subscription>;
}

/** Why a month's bill says what it says where a reader may wonder. */
export interface Reason {
  readonly month: string;
  readonly rule: "R16" | "R17" | "R18" | "R20";
  readonly says: string;
}

/** A partner and all that it does in the demo, in the order of time. */
export interface Story {
  readonly partner: PartnerInput;
  readonly scenes: readonly Scene[];
  readonly reasons: readonly Reason[];
}

/** What the demo's partners have in common. In a sandbox time passes when it is told to. */
export const commonTerms: Omit<PartnerInput, "name" | "type"> = {
  currency,
  timeZone,
  billingPeriod: "calendar_month",
  taxRate: "23",
  mode: "sandbox",
  clock: beginsAt,
};
