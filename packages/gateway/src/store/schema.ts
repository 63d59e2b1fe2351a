/**
 * The tables, one description for SQLite and PostgreSQL.
 *
 * Instants are epoch milliseconds (int8), days `YYYY-MM-DD`, months `YYYY-MM`, flags 0 or 1, JSON text.
 * Money is a whole number: prices in 10⁻⁶ of the major unit, which the contract keeps below 2⁵³, and amounts in the
 * currency's minor unit, which can be larger than any integer of a database and are kept as digits.
 * What belongs to a partner leads its key with `partner`.
 */
import type { ColumnType } from "kysely";

/** A price: written from the core's bigint, read as a number. */
type UnitPriceColumn = ColumnType<number, bigint, bigint>;

export interface Database {
  products: ProductTable;
  prices: PriceTable;
  operator_company: OperatorCompanyTable;
  partners: PartnerTable;
  partner_applications: PartnerApplicationTable;
  api_keys: ApiKeyTable;
  customers: CustomerTable;
  subscriptions: SubscriptionTable;
  prepaid_licences: PrepaidLicenceTable;
  charges: ChargeTable;
  bills: BillTable;
  bill_customers: BillCustomerTable;
  bill_units: BillUnitsTable;
  settlements: SettlementTable;
  bill_series: BillSeriesTable;
  credit_notes: CreditNoteTable;
  credit_note_lines: CreditNoteLineTable;
  charge_credits: ChargeCreditTable;
  events: EventTable;
  event_places: EventPlaceTable;
  webhook_endpoints: WebhookEndpointTable;
  webhook_queues: WebhookQueueTable;
  webhook_workers: WebhookWorkerTable;
  webhook_deliveries: WebhookDeliveryTable;
  webhook_attempts: WebhookAttemptTable;
  webhook_signing_keys: WebhookSigningKeyTable;
  webhook_replays: WebhookReplayTable;
  svix_beginnings: SvixBeginningTable;
  svix_queues: SvixQueueTable;
  svix_held_events: SvixHeldEventTable;
  receipts: ReceiptTable;
  provisionings: ProvisioningTable;
  receipt_withdrawals: ReceiptWithdrawalTable;
  audit_log: AuditLogTable;
  audit_links: AuditLinkTable;
  audit_heads: AuditHeadTable;
  idempotency_keys: IdempotencyKeyTable;
}

export interface ProductTable {
  id: string;
  code: string;
  name: string;
  unit: string;
  min_quantity: number;
  max_quantity: number;
  created_at: number;
}

export interface PriceTable {
  id: string;
  product: string;
  channel: string;
  currency: string;
  unit_price: UnitPriceColumn;
  valid_from: string;
  tiers: string;
  created_at: number;
}

/** The operator's company, as the settings of the gateway that started last have it. */
export interface OperatorCompanyTable {
  operator: string;
  id: string;
  party: string;
}

export interface PartnerTable {
  id: string;
  name: string;
  type: string;
  /** The first day of the month from which on a reseller is an MSP, past or to come. */
  msp_from: string | null;
  industry: string | null;
  status: string;
  /** Both null unless it is suspended. */
  suspended_at: number | null;
  suspension_reason: string | null;
  mode: string;
  currency: string;
  time_zone: string;
  billing_period: string;
  trial_limit: string | null;
  default_trial: string | null;
  tax_rate: string;
  reverse_charge: number;
  company: string | null;
  metadata: string;
  /** Up to here everything due has been carried out. In a sandbox this is the partner's time itself. */
  clock_at: number;
  /** Sandbox only: where an advance that has begun will end; null where none is under way. */
  clock_target_at: number | null;
  /** The month that is settled next, and the instant at which it ends (its settlement is due). */
  settlement_month: string;
  settlement_due_at: number;
  /** The last place given in the partner's total order of events. */
  event_position: number;
  /** When the last place was given. */
  event_placed_at: number;
  /** Whether an endpoint of it was ever asked for receipts: of others nobody looks for any. */
  expects_receipts: number;
  created_at: number;
}

export interface PartnerApplicationTable {
  id: string;
  status: string;
  type: string;
  /** What the company has answered, as the contract has it. */
  answers: string;
  created_at: number;
  reviewed_at: number | null;
  decided_at: number | null;
  rejection_reason: string | null;
  partner: string | null;
}

export interface ApiKeyTable {
  id: string;
  kind: string;
  partner: string | null;
  name: string;
  hash: string;
  /** The last four characters of the secret, to tell keys apart in a list. */
  hint: string;
  scopes: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
}

export interface CustomerTable {
  partner: string;
  id: string;
  external_id: string | null;
  name: string;
  email: string | null;
  metadata: string;
  created_at: number;
}

export interface SubscriptionTable {
  partner: string;
  id: string;
  external_id: string | null;
  customer: string;
  product: string;
  quantity: number;
  activation_code: string;
  status: string;
  starts_at: number;
  trial_offer: string | null;
  trial_starts_at: number | null;
  trial_ends_at: number | null;
  paid_since: string | null;
  starts_again: number;
  period_starts_on: string | null;
  period_ends_on: string | null;
  period_paid_from_on: string | null;
  period_is_prorated: number | null;
  /** R17's running maximum of the open period. */
  dearest_product: string | null;
  dearest_quantity: number | null;
  dearest_price: string | null;
  dearest_unit_price: ColumnType<number | null, bigint | null, bigint | null>;
  pause_starts_at: number | null;
  pause_resumes_at: number | null;
  cancellation_effective_at: number | null;
  cancellation_requested_at: number | null;
  cancellation_through_on: string | null;
  stopped_at: number | null;
  scheduled_product: string | null;
  scheduled_quantity: number | null;
  scheduled_effective_at: number | null;
  term_periods: number | null;
  term_used: number | null;
  term_renews: number | null;
  metadata: string;
  version: number;
  /** The number of its last event (R27). */
  sequence: number;
  advanced_to: number;
  /** When something falls due next; null where nothing ever will by itself. */
  due_at: number | null;
  created_at: number;
}

export interface PrepaidLicenceTable {
  partner: string;
  id: string;
  external_id: string | null;
  customer: string;
  product: string;
  quantity: number;
  starts_on: string;
  ends_on: string;
  /** When its coming end is to be announced; null once it has been. */
  notice_due_at: number | null;
  created_at: number;
}

export interface ChargeTable {
  partner: string;
  id: string;
  subscription: string;
  customer: string;
  product: string;
  price: string;
  period_starts_on: string;
  period_ends_on: string;
  /** The month of the period's last day (R22): the partner's one bill of that month is the one it is on. */
  month: string;
  quantity: number;
  unit_price: UnitPriceColumn;
  days_charged: number | null;
  days_of: number | null;
  discount_percent: string;
  amount: string;
  currency: string;
  created_at: number;
}

export interface BillTable {
  partner: string;
  id: string;
  number: string;
  month: string;
  currency: string;
  net: string;
  tax_rate: string;
  tax: string;
  total: string;
  reverse_charge: number;
  supplier: string | null;
  recipient: string;
  line_count: number;
  customer_count: number;
  issued_at: number;
}

/** What a customer's charges of a month come to, with the name that it had then: a section of the bill. */
export interface BillCustomerTable {
  partner: string;
  month: string;
  customer: string;
  name: string;
  /** The name as it is sorted by, byte by byte. */
  sort_key: string;
  net: string;
  line_count: number;
}

/** The units of a product that a month's bill has counted (R20). */
export interface BillUnitsTable {
  partner: string;
  month: string;
  product: string;
  units: number;
}

/** How far the settlement of a partner's month has come. */
export interface SettlementTable {
  partner: string;
  month: string;
  id: string;
  phase: string;
  due_at: number;
  charges_done: number;
  charges_of: number;
  /** Where the next chunk goes on, and the sums so far. */
  progress: string;
  bill: string | null;
  failures: number;
  failure: string | null;
  started_at: number;
  finished_at: number | null;
}

export interface BillSeriesTable {
  series: string;
  year: string;
  last_number: number;
}

/** What was taken back of a bill. Who stands on it, and its tax rate, are the bill's. */
export interface CreditNoteTable {
  partner: string;
  id: string;
  bill: string;
  /** 1, 2, 3 … of the bill's credit notes. */
  position: number;
  number: string;
  net: string;
  tax: string;
  total: string;
  /** What this one and those before it have taken back of the bill's net, so that the next needs to read no more than the last. */
  credited_net: string;
  is_whole: number;
  line_count: number;
  reason: string;
  issued_at: number;
}

/** The lines of a credit note for some charges. One for all that is left has none: they are told from what was left. */
export interface CreditNoteLineTable {
  partner: string;
  credit_note: string;
  /** Its place among the note's lines, which stand in the bill's order. */
  position: number;
  charge: string;
  amount: string;
}

/** How much of a charge the credit notes for some charges have taken back. */
export interface ChargeCreditTable {
  partner: string;
  charge: string;
  month: string;
  credited: string;
  /** Whether nothing is left of it. */
  is_complete: number;
}

export interface EventTable {
  partner: string;
  id: string;
  type: string;
  subscription: string | null;
  sequence: number | null;
  occurred_at: number;
  /** The envelope's very text: `{"type","timestamp","data"}`, signed and answered as it stands. */
  payload: string;
}

/** An event's place in the partner's total order, apart from its text, which is never written twice. */
export interface EventPlaceTable {
  partner: string;
  event: string;
  type: string;
  subscription: string | null;
  sequence: number | null;
  /** What an event without a subscription is about; null for those with one. */
  subject: string | null;
  /** Null until the step that places events has given it. */
  position: number | null;
  /** When it got its place, in real time, and was handed to the endpoints: never earlier than the place before. */
  placed_at: number | null;
}

/** What its owner has set of an endpoint. */
export interface WebhookEndpointTable {
  partner: string;
  id: string;
  url: string;
  description: string | null;
  event_types: string;
  is_enabled: number;
  /** Encrypted under EVERGATE_SECRET_KEY; empty once it is deleted. */
  secret: string;
  /** At most so many deliveries in flight; null: as many as the gateway gives by default. */
  concurrency: number | null;
  /** `subscription` or `fifo`. */
  ordering: string;
  /** Ids of the products that events have to be about, a JSON list; null: all. */
  products: string | null;
  /** `live` or `sandbox`: the mode that the partner has to have; null: either. */
  mode: string | null;
  /** The owner's own headers, encrypted; null: none. */
  headers: string | null;
  /** When each header was set, a JSON object by their names. */
  headers_set_at: string;
  /** `full` or `thin`. */
  payload: string;
  /** 1: nothing is delivered before `verified_at`. */
  is_challenged: number;
  /** When it proved that it has its present secret, at its present URL. */
  verified_at: number | null;
  secret_set_at: number;
  /** A JSON list of earlier secrets, each encrypted, with its end. */
  previous_secrets: string;
  /** `v1`, or `v1,v1a`. */
  signatures: string;
  /** Of which events it owes receipts, as the contract has it; null: of none. */
  receipts: string | null;
  created_at: number;
  /** It is gone for its owner; what belonged to it is removed little by little. */
  deleted_at: number | null;
}

export interface WebhookSigningKeyTable {
  number: number;
  id: string;
  public_key: string;
  /** Encrypted under EVERGATE_SECRET_KEY; null once the key has ended and is forgotten. */
  secret_key: string | null;
  created_at: number;
  ends_at: number | null;
}

/** What the gateway itself knows of an endpoint: the state of its queue, who serves it, and how it fares. */
export interface WebhookQueueTable {
  partner: string;
  endpoint: string;
  /** The number of the last delivery that was queued: `delivery.sequence`, gapless. */
  last_sequence: number;
  /** Goes up whenever what a process holds of this endpoint in memory may be out of date. */
  revision: number;
  /** When it wants to be looked at; null: there is nothing to do. Never before `resumes_at`. */
  due_at: number | null;
  /** The process that serves it, alone, until then. */
  lease_owner: string | null;
  lease_ends_at: number | null;
  /** How many deliveries may be in flight for now; null: as many as it may have at all. */
  allowance: number | null;
  /** Nothing is sent before: it asked for a rest, was switched off or is disabled. */
  resumes_at: number | null;
  slow_count: number;
  /** The first failure since the last success. */
  failing_since: number | null;
  failing_told_at: number | null;
  given_up_count: number;
  disabled_at: number | null;
  /** `failing` or `gone`. */
  disabled_reason: string | null;
  probe_count: number;
  last_success_at: number | null;
  last_failure_at: number | null;
  /** From when the days of failing count that switch it off: its owner has said since it began to fail that it works. */
  judged_from: number | null;
  /** 1: what has failed begins anew, before anything else is sent. */
  wants_restart: number;
}

/** A process that delivers webhooks, and when it last said so, by the clock of leases. */
export interface WebhookWorkerTable {
  id: string;
  seen_at: number;
}

/** An event on its way to an endpoint. */
export interface WebhookDeliveryTable {
  partner: string;
  endpoint: string;
  sequence: number;
  event: string;
  /** Deliveries of one lane are made one after the other: the subscription's id, else the subject's. */
  lane: string;
  /** `pending`, `delivered` or `failed`: given up. */
  status: string;
  attempt_count: number;
  /** When it may be tried next, while it is pending. */
  next_attempt_at: number;
  /** The very text to send; null where it is the event's with the `delivery` object put in. */
  body: string | null;
  queued_at: number;
  finished_at: number | null;
}

/** When events were first handed to a Svix service: what was placed before is not. */
export interface SvixBeginningTable {
  operator: string;
  begun_at: number;
}

/** How far a partner's events have been handed to Svix, and who is at it. */
export interface SvixQueueTable {
  partner: string;
  /** Every event up to this place was accepted or is held. */
  position: number;
  served_at: number;
  lease_owner: string | null;
  lease_ends_at: number | null;
}

/** An event that Svix has not accepted, or that follows such a one in its lane. */
export interface SvixHeldEventTable {
  partner: string;
  event: string;
  position: number;
  /** As for deliveries to endpoints: the subscription's id, else the subject's. */
  lane: string;
  attempt_count: number;
  /** The same throughout a lane. */
  next_attempt_at: number;
  error: string | null;
}

/** Deliveries that are made once more, and how far that has come. */
export interface WebhookReplayTable {
  partner: string;
  id: string;
  endpoint: string;
  /** `counting`, `running`, `completed` or `canceled`. */
  status: string;
  /** `failed`, `all` or `missing`. */
  selection: string;
  since: number | null;
  until: number | null;
  /** JSON. */
  event_types: string | null;
  /** JSON; null once it is over. */
  ranges: string | null;
  /** It goes through the places after `starts_after` and up to `last_place`, and has been through those up to `reached`. */
  starts_after: number;
  last_place: number;
  reached: number;
  is_counted: number;
  count: number;
  done: number;
  added: number;
  created_at: number;
  finished_at: number | null;
}

export interface WebhookAttemptTable {
  partner: string;
  endpoint: string;
  id: string;
  event: string;
  number: number;
  attempted_at: number;
  duration_ms: number;
  outcome: string;
  response_status: number | null;
  response_excerpt: string | null;
  /** The address that was connected to. */
  address: string | null;
  error: string | null;
  /** 1 where the event was given up with this attempt. */
  is_given_up: number;
}

/** What an endpoint that asked for it has to report of an event, and what it has reported. */
export interface ReceiptTable {
  partner: string;
  id: string;
  event: string;
  endpoint: string;
  /** `pending`, `overdue`, `applied` or `rejected`. */
  status: string;
  detail: string | null;
  expected_at: number;
  due_at: number;
  answered_at: number | null;
}

/** The newest of a subscription's own events that an endpoint owes a receipt of, so that nobody looks through the others. */
export interface ProvisioningTable {
  partner: string;
  endpoint: string;
  subscription: string;
  event: string;
}

/** An endpoint that ceased to owe receipts: what it owed until then is still to be taken back, a little at a time. */
export interface ReceiptWithdrawalTable {
  partner: string;
  endpoint: string;
  until: number;
  /** The endpoint itself was deleted. */
  is_deleted: number;
}

export interface AuditLogTable {
  /** The partner whose data changed; `operator` for the catalogue and for keys of the operator. */
  partner: string;
  id: string;
  /** When it happened, by the partner's clock. */
  at: number;
  /** When it was written, by the system's. */
  recorded_at: number;
  action: string;
  subject: string;
  actor: string;
  api_key: string | null;
  request_id: string | null;
  before: string | null;
  after: string | null;
}

/**
 * What makes tampering with an entry show (R26), apart from its text, which is never written twice.
 * There is one for each entry, made in the same transaction.
 */
export interface AuditLinkTable {
  partner: string;
  entry: string;
  /** The entry's, by which it is found. */
  at: number;
  /** SHA-256 of the entry's text. */
  digest: string;
  /** Of the entry, while it waits for its place in the chain; then of its link. Empty where an entry came without one. */
  seal: string;
  /** Null until the step that links entries has given it. */
  position: number | null;
  /** Of everything up to here. */
  hash: string | null;
}

/** Where a record's chain has come to. */
export interface AuditHeadTable {
  partner: string;
  position: number;
  hash: string;
  /** Empty for good once it was found to be false. */
  seal: string;
  /** Names the key that seals this record. */
  key: string;
  /** From this position on; what is before was sealed with a key that is lost. */
  sealed_from: number;
}

export interface IdempotencyKeyTable {
  /** Whose key it is: a partner's id, or `operator`. */
  owner: string;
  key: string;
  request_hash: string;
  status: number;
  headers: string;
  body: string;
  created_at: number;
}
