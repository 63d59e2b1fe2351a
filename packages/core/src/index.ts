// The public surface of the rules: a list that someone chose. Refusals and facts are closed unions.
export type { Brand } from "./brand.ts";
export {
  toCustomerId,
  toPrepaidLicenceId,
  toPriceId,
  toProductId,
  toSubscriptionId,
  type CustomerId,
  type PrepaidLicenceId,
  type PriceId,
  type ProductId,
  type SubscriptionId,
} from "./ids.ts";
export {
  addDays,
  addMonths,
  countDays,
  dayOf,
  daysInMonth,
  firstDayOf,
  formatInstant,
  isTimeZone,
  lastDayOf,
  monthOf,
  nextMonth,
  parseInstant,
  parseLocalDate,
  parseMonth,
  startOfDay,
  toInstant,
  type Instant,
  type LocalDate,
  type Month,
} from "./calendar.ts";
export {
  addAmounts,
  computeAmount,
  computeTax,
  formatAmount,
  formatCutOff,
  formatExact,
  formatPercent,
  formatPrice,
  minorDigits,
  noAmount,
  noDiscount,
  parseAmount,
  parsePercent,
  parsePrice,
  roundHalfUp,
  subtractAmounts,
  toAmount,
  toPercent,
  toUnitPrice,
  type Amount,
  type Factors,
  type Percent,
  type UnitPrice,
} from "./money.ts";
export { priceOn, type Price, type Product, type Tier } from "./catalogue.ts";
export {
  channelIn,
  channelOn,
  mspFromWhenOrdered,
  type BillingPeriod,
  type Context,
  type PartnerTerms,
  type PartnerType,
  type TrialLength,
} from "./terms.ts";
export { isLongerTrial, trialLimitOf, type TrialRefusal, type TrialWindow } from "./trial.ts";
export { periodEndsAt, type OpenPeriod, type PricedConfiguration } from "./billing-period.ts";
export { billMonthOf, forecastCharge, type Charge } from "./charge.ts";
export {
  explainState,
  finishExplanation,
  startExplanation,
  type ExplainedConfiguration,
  type Explanation,
  type ExplanationTally,
} from "./explain.ts";
export { previewCharges, type ChargePreview, type PreviewedPeriod } from "./preview.ts";
export {
  addLine,
  discountFor,
  finishTotals,
  settleCharge,
  settleMonth,
  settlesAt,
  startTally,
  startTotals,
  tallyCharge,
  tierAhead,
  tierReached,
  type BillLine,
  type BillTotals,
  type PricingTerms,
  type RunningTotals,
  type Settlement,
  type SettlementTerms,
  type UnitTally,
} from "./settlement.ts";
export {
  finishServiceTally,
  openReport,
  reportService,
  startServiceTally,
  tallyState,
  type PastState,
  type ProductService,
  type ReportSpan,
  type ServiceReport,
  type ServiceTally,
} from "./report.ts";
export {
  creditLines,
  creditWhole,
  type CreditableBill,
  type CreditableCharge,
  type CreditDecision,
  type CreditLine,
  type CreditOrderLine,
  type CreditRefusal,
  type CreditTotals,
} from "./credit-note.ts";
export type { Term, TermOrder } from "./term.ts";
export { makeActivationCode, parseActivationCode, type ActivationCode } from "./activation-code.ts";
export {
  announcePrepaidEnd,
  changePrepaidLicence,
  prepaidEndsAt,
  prepaidHeldUntil,
  prepaidStartsAt,
  refuseEnded,
  registerPrepaidLicence,
  type PrepaidChange,
  type PrepaidChangeRefusal,
  type PrepaidLicence,
  type PrepaidRefusal,
  type PrepaidSpan,
  type PrepaidSpanRefusal,
} from "./prepaid.ts";
export type { Accepted, Decision, Fact, FactType, Progress, Refused } from "./decision.ts";
export {
  isInService,
  isStopped,
  type Cancellation,
  type Configuration,
  type Metadata,
  type Pause,
  type PausedSubscription,
  type ScheduledChange,
  type ScheduledSubscription,
  type ServedSubscription,
  type StoppedSubscription,
  type Subscription,
  type SubscriptionBase,
  type SubscriptionStatus,
} from "./subscription/state.ts";
export { nextDueAt } from "./subscription/next-due.ts";
export { step } from "./subscription/step.ts";
export { advance } from "./subscription/advance.ts";
export type { ConfigurationRefusal } from "./subscription/configuration.ts";
export { createSubscription, type CreateOrder, type CreateRefusal } from "./subscription/create.ts";
export { changeSubscription, type ChangeOrder, type ChangeRefusal } from "./subscription/change.ts";
export { pauseSubscription, type PauseOrder, type PauseRefusal } from "./subscription/pause.ts";
export { resumeSubscription, type ResumeRefusal } from "./subscription/resume.ts";
export { cancelSubscription, type CancelOrder, type CancelRefusal } from "./subscription/cancel.ts";
export { followPrepaid, type PrepaidMove } from "./subscription/follow-prepaid.ts";
export {
  withdrawCancellation,
  type WithdrawCancellationRefusal,
} from "./subscription/withdraw-cancellation.ts";
export {
  withdrawScheduledChange,
  type WithdrawScheduledChangeOrder,
  type WithdrawScheduledChangeRefusal,
} from "./subscription/withdraw-scheduled-change.ts";
export {
  reactivateSubscription,
  type ReactivateOrder,
  type ReactivateRefusal,
} from "./subscription/reactivate.ts";
