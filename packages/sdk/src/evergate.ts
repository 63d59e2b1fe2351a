import { createCalls } from "./client/create-call.ts";
import { readSettings } from "./client/settings.ts";
import type { EvergateOptions } from "./options.ts";
import { createApiKeys, type ApiKeys } from "./resources/api-keys.ts";
import { createAuditLog, type AuditLog } from "./resources/audit-log.ts";
import { createBills, type Bills } from "./resources/bills.ts";
import { createCharges, type Charges } from "./resources/charges.ts";
import { createCreditNotes, type CreditNotes } from "./resources/credit-notes.ts";
import { createCustomers, type Customers } from "./resources/customers.ts";
import { createDocuments, type Documents } from "./resources/documents.ts";
import { createEvents, type Events } from "./resources/events.ts";
import {
  createPartnerApplications,
  type PartnerApplications,
} from "./resources/partner-applications.ts";
import { createPartners, type Partners } from "./resources/partners.ts";
import { createPrepaidLicences, type PrepaidLicences } from "./resources/prepaid-licences.ts";
import { createPrices, type Prices } from "./resources/prices.ts";
import { createProducts, type Products } from "./resources/products.ts";
import { createReceipts, type Receipts } from "./resources/receipts.ts";
import { createReports, type Reports } from "./resources/reports.ts";
import { createSandbox, type Sandbox } from "./resources/sandbox.ts";
import { createSettlements, type Settlements } from "./resources/settlements.ts";
import { createSubscriptions, type Subscriptions } from "./resources/subscriptions.ts";
import { createSystem, type System } from "./resources/system.ts";
import { createWebhookEndpoints, type WebhookEndpoints } from "./resources/webhook-endpoints.ts";

/**
 * The client of one gateway, with one API key. Every operation of the contract is a method of one of its resources.
 *
 * ```ts
 * const evergate = new Evergate({ apiKey, baseUrl: "https://evergate.example.com" });
 * const subscription = await evergate.subscriptions.create({ customer, product: "code:KES-CLOUD", quantity: 10 });
 * ```
 *
 * Throws an EvergateError where an option can't be used.
 */
export class Evergate {
  /** What is licensed. Operators write the catalogue, all read it. */
  readonly products: Products;
  /** What products cost, by channel, currency and day. */
  readonly prices: Prices;
  /** Who sells subscriptions. */
  readonly partners: Partners;
  /** Companies that want to become partners. */
  readonly partnerApplications: PartnerApplications;
  /** The keys with which operators and partners come in. */
  readonly apiKeys: ApiKeys;
  /** The subscribers of a partner. */
  readonly customers: Customers;
  /** Licences that renew by themselves. */
  readonly subscriptions: Subscriptions;
  /** Licences paid in advance, after which a subscription can begin. */
  readonly prepaidLicences: PrepaidLicences;
  /** The amounts for one subscription and one billing period each. */
  readonly charges: Charges;
  /** The collective bills of a partner, one for each month. */
  readonly bills: Bills;
  /** A month's subscriptions, and its charges for your own system. */
  readonly reports: Reports;
  /** Bills and reports to print, and tables for your own system. */
  readonly documents: Documents;
  /** The runs that turn a month's charges into bills. */
  readonly settlements: Settlements;
  /** What was taken back of bills, which themselves never change. */
  readonly creditNotes: CreditNotes;
  /** What happened, in one total order. */
  readonly events: Events;
  /** Where events are delivered. */
  readonly webhookEndpoints: WebhookEndpoints;
  /** What receivers report of the events that they got. */
  readonly receipts: Receipts;
  /** Who changed what, and when. */
  readonly auditLog: AuditLog;
  /** The clock of a sandbox partner. */
  readonly sandbox: Sandbox;
  /** Whether the service runs and can answer. */
  readonly system: System;

  constructor(options: EvergateOptions) {
    const calls = createCalls(readSettings(options));
    this.products = createProducts(calls);
    this.prices = createPrices(calls);
    this.partners = createPartners(calls);
    this.partnerApplications = createPartnerApplications(calls);
    this.apiKeys = createApiKeys(calls);
    this.customers = createCustomers(calls);
    this.subscriptions = createSubscriptions(calls);
    this.prepaidLicences = createPrepaidLicences(calls);
    this.charges = createCharges(calls);
    this.bills = createBills(calls);
    this.reports = createReports(calls);
    this.documents = createDocuments(calls);
    this.settlements = createSettlements(calls);
    this.creditNotes = createCreditNotes(calls);
    this.events = createEvents(calls);
    this.webhookEndpoints = createWebhookEndpoints(calls);
    this.receipts = createReceipts(calls);
    this.auditLog = createAuditLog(calls);
    this.sandbox = createSandbox(calls);
    this.system = createSystem(calls);
  }
}
