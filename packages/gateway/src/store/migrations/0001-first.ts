import type { Migration } from "./migration.ts";

/** Every table of the first release. */
export const first: Migration = {
  name: "0001-first",
  statements: ({ id, int8, amount, partnerTable }) => [
    `create table products (
      id ${id} primary key, code ${id} not null unique, name text not null, unit text not null,
      min_quantity ${int8} not null, max_quantity ${int8} not null, created_at ${int8} not null)`,
    `create table prices (
      id ${id} primary key, product ${id} not null references products (id), channel text not null, currency text not null,
      unit_price ${int8} not null, valid_from ${id} not null, tiers text not null, created_at ${int8} not null,
      unique (product, channel, currency, valid_from))`,
    `create table operator_company (operator ${id} primary key, id ${id} not null, party text not null)`,
    `create table partners (
      id ${id} primary key, name text not null, type text not null, msp_from ${id}, industry text, status text not null,
      suspended_at ${int8}, suspension_reason text, mode text not null,
      currency text not null, time_zone text not null, billing_period text not null, trial_limit text, default_trial text,
      tax_rate text not null, reverse_charge ${int8} not null, company text, metadata text not null, clock_at ${int8} not null, clock_target_at ${int8},
      settlement_month ${id} not null, settlement_due_at ${int8} not null, event_position ${int8} not null,
      created_at ${int8} not null)`,
    `create index partners_settlement_due on partners (settlement_due_at)`,
    `create index partners_settlement_month on partners (mode, settlement_month)`,
    `create table partner_applications (
      id ${id} primary key, status ${id} not null, type text not null, answers text not null, created_at ${int8} not null,
      reviewed_at ${int8}, decided_at ${int8}, rejection_reason text, partner ${id} unique references partners (id))`,
    `create index partner_applications_status on partner_applications (status, id)`,
    `create table api_keys (
      id ${id} primary key, kind text not null, partner ${id} references partners (id), name text not null,
      hash ${id} not null unique, hint text not null, scopes text not null, created_at ${int8} not null,
      expires_at ${int8}, revoked_at ${int8})`,
    `create index api_keys_partner on api_keys (partner, id)`,
    `create table customers (
      partner ${id} not null references partners (id), id ${id} not null, external_id ${id}, name text not null, email text,
      metadata text not null, created_at ${int8} not null,
      primary key (partner, id)) ${partnerTable}`,
    `create unique index customers_external_id on customers (partner, external_id) where external_id is not null`,
    `create table subscriptions (
      partner ${id} not null references partners (id), id ${id} not null, external_id ${id}, customer ${id} not null,
      product ${id} not null, quantity ${int8} not null, activation_code ${id} not null, status text not null,
      starts_at ${int8} not null, trial_offer text, trial_starts_at ${int8}, trial_ends_at ${int8}, paid_since ${id},
      starts_again ${int8} not null,
      period_starts_on ${id}, period_ends_on ${id}, period_paid_from_on ${id}, period_is_prorated ${int8},
      dearest_product ${id}, dearest_quantity ${int8}, dearest_price ${id}, dearest_unit_price ${int8},
      pause_starts_at ${int8}, pause_resumes_at ${int8},
      cancellation_effective_at ${int8}, cancellation_requested_at ${int8}, cancellation_through_on ${id},
      stopped_at ${int8}, scheduled_product ${id}, scheduled_quantity ${int8}, scheduled_effective_at ${int8},
      term_periods ${int8}, term_used ${int8}, term_renews ${int8}, metadata text not null, version ${int8} not null,
      sequence ${int8} not null, advanced_to ${int8} not null, due_at ${int8}, created_at ${int8} not null,
      primary key (partner, id), foreign key (partner, customer) references customers (partner, id)) ${partnerTable}`,
    `create unique index subscriptions_external_id on subscriptions (partner, external_id) where external_id is not null`,
    `create unique index subscriptions_activation_code on subscriptions (activation_code)`,
    `create index subscriptions_due on subscriptions (partner, due_at, id) where due_at is not null`,
    `create index subscriptions_customer on subscriptions (partner, customer, id)`,
    `create index subscriptions_waiting on subscriptions (partner, customer, id) where status = 'scheduled' or scheduled_product is not null`,
    `create table prepaid_licences (
      partner ${id} not null references partners (id), id ${id} not null, external_id ${id}, customer ${id} not null,
      product ${id} not null references products (id), quantity ${int8} not null, starts_on ${id} not null,
      ends_on ${id} not null, notice_due_at ${int8}, created_at ${int8} not null,
      primary key (partner, id), foreign key (partner, customer) references customers (partner, id)) ${partnerTable}`,
    `create unique index prepaid_licences_external_id on prepaid_licences (partner, external_id) where external_id is not null`,
    `create index prepaid_licences_held on prepaid_licences (partner, customer, product, ends_on)`,
    `create index prepaid_licences_customer on prepaid_licences (partner, customer, id)`,
    `create index prepaid_licences_product on prepaid_licences (partner, product, id)`,
    `create index prepaid_licences_notice on prepaid_licences (partner, notice_due_at, id) where notice_due_at is not null`,
    `create table charges (
      partner ${id} not null, id ${id} not null, subscription ${id} not null, customer ${id} not null, product ${id} not null,
      price ${id} not null, period_starts_on ${id} not null, period_ends_on ${id} not null, month ${id} not null,
      quantity ${int8} not null, unit_price ${int8} not null, days_charged ${int8}, days_of ${int8},
      discount_percent text not null, amount ${amount} not null, currency text not null, created_at ${int8} not null,
      primary key (partner, id), unique (partner, subscription, period_starts_on),
      foreign key (partner, subscription) references subscriptions (partner, id)) ${partnerTable}`,
    `create index charges_month on charges (partner, month, id)`,
    `create index charges_lines on charges (partner, month, customer, subscription, period_starts_on)`,
    `create table bills (
      partner ${id} not null references partners (id), id ${id} not null, number ${id} not null, month ${id} not null,
      currency text not null, net ${amount} not null, tax_rate text not null, tax ${amount} not null, total ${amount} not null,
      reverse_charge ${int8} not null, supplier text, recipient text not null,
      line_count ${int8} not null, customer_count ${int8} not null, issued_at ${int8} not null,
      primary key (partner, id), unique (partner, month)) ${partnerTable}`,
    `create table bill_customers (
      partner ${id} not null, month ${id} not null, customer ${id} not null, name text not null, sort_key ${id} not null,
      net ${amount} not null, line_count ${int8} not null,
      primary key (partner, month, customer), foreign key (partner, customer) references customers (partner, id)) ${partnerTable}`,
    `create unique index bill_customers_name on bill_customers (partner, month, sort_key, customer)`,
    `create table bill_units (
      partner ${id} not null references partners (id), month ${id} not null, product ${id} not null, units ${int8} not null,
      primary key (partner, month, product)) ${partnerTable}`,
    `create table settlements (
      partner ${id} not null references partners (id), month ${id} not null, id ${id} not null unique, phase text not null,
      due_at ${int8} not null, charges_done ${int8} not null, charges_of ${int8} not null, progress text not null,
      bill ${id}, failures ${int8} not null, failure text, started_at ${int8} not null, finished_at ${int8},
      primary key (partner, month)) ${partnerTable}`,
    `create index settlements_month on settlements (month, id)`,
    `create index settlements_partner on settlements (partner, id)`,
    `create index settlements_phase on settlements (phase, id)`,
    `create table bill_series (
      series ${id} not null, year ${id} not null, last_number ${int8} not null, primary key (series, year)) ${partnerTable}`,
    `create table credit_notes (
      partner ${id} not null, id ${id} not null, bill ${id} not null, position ${int8} not null, number ${id} not null,
      net ${amount} not null, tax ${amount} not null, total ${amount} not null, credited_net ${amount} not null,
      is_whole ${int8} not null, line_count ${int8} not null, reason text not null, issued_at ${int8} not null,
      primary key (partner, id), unique (partner, bill, position), foreign key (partner, bill) references bills (partner, id))`,
    `create table credit_note_lines (
      partner ${id} not null, credit_note ${id} not null, position ${int8} not null, charge ${id} not null, amount ${amount} not null,
      primary key (partner, credit_note, position), unique (partner, credit_note, charge),
      foreign key (partner, credit_note) references credit_notes (partner, id),
      foreign key (partner, charge) references charges (partner, id)) ${partnerTable}`,
    `create table charge_credits (
      partner ${id} not null, charge ${id} not null, month ${id} not null, credited ${amount} not null, is_complete ${int8} not null,
      primary key (partner, charge), foreign key (partner, charge) references charges (partner, id)) ${partnerTable}`,
    `create index charge_credits_complete on charge_credits (partner, month) where is_complete = 1`,
    `create table events (
      partner ${id} not null references partners (id), id ${id} not null, type text not null, subscription ${id},
      sequence ${int8}, occurred_at ${int8} not null, payload text not null,
      primary key (partner, id))`,
    `create unique index events_sequence on events (partner, subscription, sequence) where subscription is not null`,
    `create table event_places (
      partner ${id} not null, event ${id} not null, type ${id} not null, subscription ${id}, sequence ${int8}, position ${int8},
      primary key (partner, event), foreign key (partner, event) references events (partner, id)) ${partnerTable}`,
    `create unique index event_places_position on event_places (partner, position)`,
    `create index event_places_subscription on event_places (partner, subscription, position) where position is not null`,
    `create table webhook_endpoints (
      partner ${id} not null references partners (id), id ${id} not null, url text not null, description text,
      event_types text not null, is_enabled ${int8} not null, secret text not null, created_at ${int8} not null,
      primary key (partner, id)) ${partnerTable}`,
    `create table webhook_deliveries (
      partner ${id} not null, endpoint ${id} not null, event ${id} not null, subscription ${id}, position ${int8} not null,
      status text not null, attempt_count ${int8} not null, next_attempt_at ${int8} not null,
      primary key (partner, endpoint, event),
      foreign key (partner, endpoint) references webhook_endpoints (partner, id) on delete cascade) ${partnerTable}`,
    `create index webhook_deliveries_due on webhook_deliveries (partner, endpoint, next_attempt_at, position) where status = 'pending'`,
    `create index webhook_deliveries_order on webhook_deliveries (partner, endpoint, subscription, position) where status = 'pending'`,
    `create table webhook_attempts (
      partner ${id} not null, endpoint ${id} not null, id ${id} not null, event ${id} not null, number ${int8} not null,
      attempted_at ${int8} not null, duration_ms ${int8} not null, outcome text not null, response_status ${int8},
      response_excerpt text, error text,
      primary key (partner, endpoint, id),
      foreign key (partner, endpoint) references webhook_endpoints (partner, id) on delete cascade)`,
    `create table audit_log (
      partner ${id} not null, id ${id} not null, at ${int8} not null, recorded_at ${int8} not null, action text not null, subject ${id} not null,
      actor ${id} not null, api_key ${id}, request_id text, "before" text, "after" text,
      primary key (partner, at, id))`,
    `create index audit_log_subject on audit_log (partner, subject, at)`,
    `create index audit_log_actor on audit_log (partner, actor, at, id)`,
    `create table audit_links (
      partner ${id} not null, entry ${id} not null, at ${int8} not null, digest ${id} not null, seal ${id} not null,
      position ${int8}, hash ${id}, primary key (partner, entry)) ${partnerTable}`,
    `create unique index audit_links_position on audit_links (partner, position)`,
    `create table audit_heads (
      partner ${id} primary key, position ${int8} not null, hash ${id} not null, seal ${id} not null, key ${id} not null,
      sealed_from ${int8} not null) ${partnerTable}`,
    `create table idempotency_keys (
      owner ${id} not null, key ${id} not null, request_hash text not null, status ${int8} not null,
      headers text not null, body text not null, created_at ${int8} not null, primary key (owner, key))`,
    `create index idempotency_keys_age on idempotency_keys (created_at)`,
  ],
};
