// Nothing of the contract is left out: what it adds does not build until the client has it.
import type { HeaderNameOf, QueryOf } from "./contract.ts";
import type { Evergate } from "./evergate.ts";
import type { EvergateProblem } from "./errors.ts";
import type { OperationId, Problem } from "./generated/api.ts";
import type { OptionOfHeader } from "./options.ts";

/** Every method of the client, such as `subscriptions.pause`. */
export type MethodName = {
  [Noun in keyof Evergate]: `${Noun}.${keyof Evergate[Noun] & string}`;
}[keyof Evergate];

const methods = {
  createProduct: "products.create",
  listProducts: "products.list",
  getProduct: "products.get",
  updateProduct: "products.update",
  createPrice: "prices.create",
  listPrices: "prices.list",
  createPartner: "partners.create",
  listPartners: "partners.list",
  getPartner: "partners.get",
  updatePartner: "partners.update",
  suspendPartner: "partners.suspend",
  reinstatePartner: "partners.reinstate",
  becomeMsp: "partners.becomeMsp",
  withdrawBecomingMsp: "partners.withdrawBecomingMsp",
  getOwnPartner: "partners.getOwn",
  createPartnerApplication: "partnerApplications.create",
  listPartnerApplications: "partnerApplications.list",
  getPartnerApplication: "partnerApplications.get",
  reviewPartnerApplication: "partnerApplications.review",
  approvePartnerApplication: "partnerApplications.approve",
  rejectPartnerApplication: "partnerApplications.reject",
  createApiKey: "apiKeys.create",
  listApiKeys: "apiKeys.list",
  rollApiKey: "apiKeys.roll",
  revokeApiKey: "apiKeys.revoke",
  createCustomer: "customers.create",
  listCustomers: "customers.list",
  getCustomer: "customers.get",
  updateCustomer: "customers.update",
  createSubscription: "subscriptions.create",
  listSubscriptions: "subscriptions.list",
  getSubscription: "subscriptions.get",
  updateSubscription: "subscriptions.update",
  pauseSubscription: "subscriptions.pause",
  resumeSubscription: "subscriptions.resume",
  cancelSubscription: "subscriptions.cancel",
  withdrawCancellation: "subscriptions.withdrawCancellation",
  withdrawScheduledChange: "subscriptions.withdrawScheduledChange",
  reactivateSubscription: "subscriptions.reactivate",
  listSubscriptionCharges: "subscriptions.listCharges",
  listSubscriptionHistory: "subscriptions.listHistory",
  createPrepaidLicence: "prepaidLicences.create",
  importPrepaidLicences: "prepaidLicences.import",
  listPrepaidLicences: "prepaidLicences.list",
  getPrepaidLicence: "prepaidLicences.get",
  updatePrepaidLicence: "prepaidLicences.update",
  deletePrepaidLicence: "prepaidLicences.delete",
  listCharges: "charges.list",
  explainCharge: "charges.explain",
  listBills: "bills.list",
  getBill: "bills.get",
  getUpcomingBill: "bills.getUpcoming",
  getDiscounts: "bills.getDiscounts",
  listBillCustomers: "bills.listCustomers",
  listBillLines: "bills.listLines",
  createCreditNote: "creditNotes.create",
  listCreditNotes: "creditNotes.list",
  getCreditNote: "creditNotes.get",
  listCreditNoteLines: "creditNotes.listLines",
  listActiveSubscriptions: "reports.listActiveSubscriptions",
  getActiveSubscriptionTotals: "reports.getActiveSubscriptionTotals",
  listReconciliation: "reports.listReconciliation",
  listSettlements: "settlements.list",
  getSettlement: "settlements.get",
  runSettlement: "settlements.run",
  getSettlementMonth: "settlements.getMonth",
  listEvents: "events.list",
  getEvent: "events.get",
  listEventAttempts: "events.listAttempts",
  redeliverEvent: "events.redeliver",
  recordReceipt: "receipts.record",
  listReceipts: "receipts.list",
  createWebhookEndpoint: "webhookEndpoints.create",
  listWebhookEndpoints: "webhookEndpoints.list",
  getWebhookEndpoint: "webhookEndpoints.get",
  updateWebhookEndpoint: "webhookEndpoints.update",
  deleteWebhookEndpoint: "webhookEndpoints.delete",
  rotateWebhookSecret: "webhookEndpoints.rotateSecret",
  revokePreviousWebhookSecrets: "webhookEndpoints.revokePreviousSecrets",
  verifyWebhookEndpoint: "webhookEndpoints.verify",
  testWebhookEndpoint: "webhookEndpoints.sendTest",
  listWebhookAttempts: "webhookEndpoints.listAttempts",
  listWebhookDeliveries: "webhookEndpoints.listDeliveries",
  getWebhookKeys: "webhookEndpoints.getKeys",
  createWebhookReplay: "webhookEndpoints.replay",
  listWebhookReplays: "webhookEndpoints.listReplays",
  getWebhookReplay: "webhookEndpoints.getReplay",
  cancelWebhookReplay: "webhookEndpoints.cancelReplay",
  reconcileWebhookEndpoint: "webhookEndpoints.reconcile",
  listAuditLog: "auditLog.list",
  verifyAuditLog: "auditLog.verify",
  getSandboxClock: "sandbox.getClock",
  advanceSandboxClock: "sandbox.advanceClock",
  getHealth: "system.getHealth",
  getReadiness: "system.getReadiness",
} as const;

/** The method of each operation. */
export const methodOfOperation: Readonly<Record<OperationId, MethodName>> = methods;

const previews = {
  updateSubscription: "subscriptions.previewUpdate",
  pauseSubscription: "subscriptions.previewPause",
  cancelSubscription: "subscriptions.previewCancellation",
  reactivateSubscription: "subscriptions.previewReactivation",
  createWebhookReplay: "webhookEndpoints.previewReplay",
} as const;

/** The operations that can be previewed. */
export type PreviewedOperationId = {
  [O in OperationId]: [QueryOf<O>] extends [never]
    ? never
    : "preview" extends keyof QueryOf<O>
      ? O
      : never;
}[OperationId];

/** The method that previews an operation. */
export const previewOfOperation: Readonly<Record<PreviewedOperationId, MethodName>> = previews;

type NoneOf<Missing> = [Missing] extends [never] ? true : Missing;

/** Opens the documents of all operations that have some. */
type DocumentMethod = "documents.open";

/** Carries an operation out again and again. */
type FollowingMethod = "events.follow";

type MethodWithoutOperation = Exclude<
  Exclude<MethodName, DocumentMethod | FollowingMethod>,
  (typeof methods)[OperationId] | (typeof previews)[PreviewedOperationId]
>;
void (true satisfies NoneOf<MethodWithoutOperation>);

type HeaderName = { [O in OperationId]: HeaderNameOf<O> }[OperationId];
void (true satisfies NoneOf<Exclude<HeaderName, keyof OptionOfHeader>>);

type Fact = Exclude<keyof Problem, "type">;
void (true satisfies NoneOf<Exclude<Fact, keyof EvergateProblem>>);
