import {
  open,
  openToWrite,
  operate,
  read,
  readOfPartner,
  run,
  write,
  writeOfPartner,
  type Rooms,
} from "./app/room.ts";
import { createApiKey } from "./auth/create-api-key.ts";
import { listApiKeys } from "./auth/list-api-keys.ts";
import { revokeApiKey } from "./auth/revoke-api-key.ts";
import { rollApiKey } from "./auth/roll-api-key.ts";
import { getBill } from "./billing/get-bill.ts";
import { getUpcomingBill } from "./billing/get-upcoming-bill.ts";
import { listBillCustomers } from "./billing/list-bill-customers.ts";
import { listBillLines } from "./billing/list-bill-lines.ts";
import { listBills } from "./billing/list-bills.ts";
import { getDiscounts } from "./billing/get-discounts.ts";
import { listCharges } from "./billing/list-charges.ts";
import { createPrice } from "./catalogue/create-price.ts";
import { createProduct } from "./catalogue/create-product.ts";
import { getProduct } from "./catalogue/get-product.ts";
import { listPrices } from "./catalogue/list-prices.ts";
import { listProducts } from "./catalogue/list-products.ts";
import { updateProduct } from "./catalogue/update-product.ts";
import { explainCharge } from "./charges/explain-charge.ts";
import { createCreditNote } from "./credit-notes/create-credit-note.ts";
import { getCreditNote } from "./credit-notes/get-credit-note.ts";
import { listCreditNoteLines } from "./credit-notes/list-credit-note-lines.ts";
import { listCreditNotes } from "./credit-notes/list-credit-notes.ts";
import { createCustomer } from "./customers/create-customer.ts";
import { getCustomer } from "./customers/get-customer.ts";
import { listCustomers } from "./customers/list-customers.ts";
import { updateCustomer } from "./customers/update-customer.ts";
import { getEvent } from "./events/get-event.ts";
import { listEventAttempts } from "./events/list-event-attempts.ts";
import { listEvents } from "./events/list-events.ts";
import { createPrepaidLicence } from "./prepaid/create-prepaid-licence.ts";
import { deletePrepaidLicence } from "./prepaid/delete-prepaid-licence.ts";
import { getPrepaidLicence } from "./prepaid/get-prepaid-licence.ts";
import { importPrepaidLicences } from "./prepaid/import-prepaid-licences.ts";
import { listPrepaidLicences } from "./prepaid/list-prepaid-licences.ts";
import { updatePrepaidLicence } from "./prepaid/update-prepaid-licence.ts";
import { approvePartnerApplication } from "./partner-applications/approve-partner-application.ts";
import { createPartnerApplication } from "./partner-applications/create-partner-application.ts";
import { getPartnerApplication } from "./partner-applications/get-partner-application.ts";
import { listPartnerApplications } from "./partner-applications/list-partner-applications.ts";
import { rejectPartnerApplication } from "./partner-applications/reject-partner-application.ts";
import { reviewPartnerApplication } from "./partner-applications/review-partner-application.ts";
import { becomeMsp } from "./partners/become-msp.ts";
import { createPartner } from "./partners/create-partner.ts";
import { getOwnPartner } from "./partners/get-own-partner.ts";
import { getPartner } from "./partners/get-partner.ts";
import { listPartners } from "./partners/list-partners.ts";
import { reinstatePartner } from "./partners/reinstate-partner.ts";
import { suspendPartner } from "./partners/suspend-partner.ts";
import { updatePartner } from "./partners/update-partner.ts";
import { withdrawBecomingMsp } from "./partners/withdraw-becoming-msp.ts";
import { listAuditLog } from "./record/list-audit-log.ts";
import { getActiveSubscriptionTotals } from "./reports/get-active-subscription-totals.ts";
import { listActiveSubscriptions } from "./reports/list-active-subscriptions.ts";
import { listReconciliation } from "./reports/list-reconciliation.ts";
import { verifyAuditLog } from "./record/verify-audit-log.ts";
import { advanceSandboxClock } from "./sandbox/advance-sandbox-clock.ts";
import { getSandboxClock } from "./sandbox/get-sandbox-clock.ts";
import { getSettlementMonth } from "./settlement/get-settlement-month.ts";
import { getSettlement } from "./settlement/get-settlement.ts";
import { listSettlements } from "./settlement/list-settlements.ts";
import { runSettlement } from "./settlement/run-settlement.ts";
import { previewCancellation, cancelSubscription } from "./subscriptions/cancel-subscription.ts";
import { createSubscription } from "./subscriptions/create-subscription.ts";
import { getSubscription } from "./subscriptions/get-subscription.ts";
import { listSubscriptionCharges } from "./subscriptions/list-subscription-charges.ts";
import { listSubscriptionHistory } from "./subscriptions/list-subscription-history.ts";
import { listSubscriptions } from "./subscriptions/list-subscriptions.ts";
import { previewPause, pauseSubscription } from "./subscriptions/pause-subscription.ts";
import {
  previewReactivation,
  reactivateSubscription,
} from "./subscriptions/reactivate-subscription.ts";
import { resumeSubscription } from "./subscriptions/resume-subscription.ts";
import { previewUpdate, updateSubscription } from "./subscriptions/update-subscription.ts";
import { withdrawCancellation } from "./subscriptions/withdraw-cancellation.ts";
import { withdrawScheduledChange } from "./subscriptions/withdraw-scheduled-change.ts";
import { getHealth } from "./system/get-health.ts";
import { getReadiness } from "./system/get-readiness.ts";
import { createWebhookEndpoint } from "./webhooks/endpoints/create-webhook-endpoint.ts";
import { deleteWebhookEndpoint } from "./webhooks/endpoints/delete-webhook-endpoint.ts";
import { getWebhookEndpoint } from "./webhooks/endpoints/get-webhook-endpoint.ts";
import { listWebhookAttempts } from "./webhooks/endpoints/list-webhook-attempts.ts";
import { listWebhookDeliveries } from "./webhooks/endpoints/list-webhook-deliveries.ts";
import { listWebhookEndpoints } from "./webhooks/endpoints/list-webhook-endpoints.ts";
import { revokePreviousWebhookSecrets } from "./webhooks/endpoints/revoke-previous-webhook-secrets.ts";
import { rotateWebhookSecret } from "./webhooks/endpoints/rotate-webhook-secret.ts";
import { testWebhookEndpoint } from "./webhooks/endpoints/test-webhook-endpoint.ts";
import { updateWebhookEndpoint } from "./webhooks/endpoints/update-webhook-endpoint.ts";
import { verifyWebhookEndpoint } from "./webhooks/endpoints/verify-webhook-endpoint.ts";
import { getWebhookKeys } from "./webhooks/signing/get-webhook-keys.ts";
import { cancelWebhookReplay } from "./webhooks/replay/cancel-webhook-replay.ts";
import { createWebhookReplay, previewReplay } from "./webhooks/replay/create-webhook-replay.ts";
import { getWebhookReplay } from "./webhooks/replay/get-webhook-replay.ts";
import { listWebhookReplays } from "./webhooks/replay/list-webhook-replays.ts";
import { reconcileWebhookEndpoint } from "./webhooks/replay/reconcile-webhook-endpoint.ts";
import { redeliverEvent } from "./webhooks/replay/redeliver-event.ts";
import { listReceipts } from "./webhooks/receipts/list-receipts.ts";
import { recordReceipt } from "./webhooks/receipts/record-receipt.ts";

/** Every operation of the contract, and the room in which it is carried out. */
export const rooms: Rooms = {
  getHealth: open(getHealth),
  getReadiness: open(getReadiness),

  createProduct: write(createProduct),
  listProducts: read(listProducts),
  getProduct: read(getProduct),
  updateProduct: write(updateProduct),
  createPrice: write(createPrice),
  listPrices: read(listPrices),

  createPartner: write(createPartner),
  listPartners: read(listPartners),
  getPartner: read(getPartner),
  updatePartner: write(updatePartner),
  suspendPartner: write(suspendPartner),
  reinstatePartner: write(reinstatePartner),
  becomeMsp: write(becomeMsp),
  withdrawBecomingMsp: write(withdrawBecomingMsp),
  getOwnPartner: readOfPartner(getOwnPartner),

  createPartnerApplication: openToWrite(createPartnerApplication),
  listPartnerApplications: read(listPartnerApplications),
  getPartnerApplication: read(getPartnerApplication),
  reviewPartnerApplication: write(reviewPartnerApplication),
  approvePartnerApplication: write(approvePartnerApplication),
  rejectPartnerApplication: write(rejectPartnerApplication),

  createApiKey: write(createApiKey),
  listApiKeys: read(listApiKeys),
  rollApiKey: write(rollApiKey),
  revokeApiKey: write(revokeApiKey),

  createCustomer: writeOfPartner(createCustomer),
  listCustomers: readOfPartner(listCustomers),
  getCustomer: readOfPartner(getCustomer),
  updateCustomer: writeOfPartner(updateCustomer),

  createSubscription: writeOfPartner(createSubscription),
  listSubscriptions: readOfPartner(listSubscriptions),
  getSubscription: readOfPartner(getSubscription),
  updateSubscription: writeOfPartner(updateSubscription, previewUpdate),
  pauseSubscription: writeOfPartner(pauseSubscription, previewPause),
  resumeSubscription: writeOfPartner(resumeSubscription),
  cancelSubscription: writeOfPartner(cancelSubscription, previewCancellation),
  withdrawCancellation: writeOfPartner(withdrawCancellation),
  withdrawScheduledChange: writeOfPartner(withdrawScheduledChange),
  reactivateSubscription: writeOfPartner(reactivateSubscription, previewReactivation),
  listSubscriptionCharges: readOfPartner(listSubscriptionCharges),
  listSubscriptionHistory: readOfPartner(listSubscriptionHistory),

  createPrepaidLicence: writeOfPartner(createPrepaidLicence),
  importPrepaidLicences: writeOfPartner(importPrepaidLicences),
  listPrepaidLicences: readOfPartner(listPrepaidLicences),
  getPrepaidLicence: readOfPartner(getPrepaidLicence),
  updatePrepaidLicence: writeOfPartner(updatePrepaidLicence),
  deletePrepaidLicence: writeOfPartner(deletePrepaidLicence),

  listCharges: readOfPartner(listCharges),
  explainCharge: readOfPartner(explainCharge),
  getDiscounts: readOfPartner(getDiscounts),
  listBills: readOfPartner(listBills),
  getUpcomingBill: readOfPartner(getUpcomingBill),
  getBill: readOfPartner(getBill),
  listBillCustomers: readOfPartner(listBillCustomers),
  listBillLines: readOfPartner(listBillLines),
  createCreditNote: writeOfPartner(createCreditNote),
  listCreditNotes: readOfPartner(listCreditNotes),
  getCreditNote: readOfPartner(getCreditNote),
  listCreditNoteLines: readOfPartner(listCreditNoteLines),

  listActiveSubscriptions: readOfPartner(listActiveSubscriptions),
  getActiveSubscriptionTotals: readOfPartner(getActiveSubscriptionTotals),
  listReconciliation: readOfPartner(listReconciliation),
  listSettlements: read(listSettlements),
  runSettlement: operate(runSettlement),
  getSettlement: read(getSettlement),
  getSettlementMonth: read(getSettlementMonth),

  listEvents: readOfPartner(listEvents),
  getEvent: readOfPartner(getEvent),
  listEventAttempts: readOfPartner(listEventAttempts),
  redeliverEvent: writeOfPartner(redeliverEvent),
  recordReceipt: writeOfPartner(recordReceipt),
  listReceipts: readOfPartner(listReceipts),

  getWebhookKeys: open(getWebhookKeys),
  createWebhookEndpoint: writeOfPartner(createWebhookEndpoint),
  listWebhookEndpoints: readOfPartner(listWebhookEndpoints),
  getWebhookEndpoint: readOfPartner(getWebhookEndpoint),
  updateWebhookEndpoint: writeOfPartner(updateWebhookEndpoint),
  deleteWebhookEndpoint: writeOfPartner(deleteWebhookEndpoint),
  rotateWebhookSecret: writeOfPartner(rotateWebhookSecret),
  revokePreviousWebhookSecrets: writeOfPartner(revokePreviousWebhookSecrets),
  verifyWebhookEndpoint: run(verifyWebhookEndpoint),
  testWebhookEndpoint: writeOfPartner(testWebhookEndpoint),
  listWebhookAttempts: readOfPartner(listWebhookAttempts),
  listWebhookDeliveries: readOfPartner(listWebhookDeliveries),
  createWebhookReplay: writeOfPartner(createWebhookReplay, previewReplay),
  listWebhookReplays: readOfPartner(listWebhookReplays),
  getWebhookReplay: readOfPartner(getWebhookReplay),
  cancelWebhookReplay: writeOfPartner(cancelWebhookReplay),
  reconcileWebhookEndpoint: writeOfPartner(reconcileWebhookEndpoint),

  listAuditLog: read(listAuditLog),
  verifyAuditLog: read(verifyAuditLog),

  getSandboxClock: readOfPartner(getSandboxClock),
  advanceSandboxClock: run(advanceSandboxClock),
};
