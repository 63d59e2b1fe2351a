export {
  isWebhookVerificationError,
  WebhookVerificationError,
  type WebhookRefusal,
} from "./errors.ts";
export type {
  Delivery,
  DeliveryAnswer,
  Event as EvergateEvent,
  TakenReceipt,
} from "./generated/api.ts";
export {
  createReceiver,
  type NodeResponse,
  type Receiver,
  type ReceiverOptions,
  type Reconciler,
} from "./webhooks/create-receiver.ts";
export {
  verifyThinWebhook,
  verifyWebhook,
  type DeliveredEvent,
  type VerifyOptions,
} from "./webhooks/verify-webhook.ts";
export { addSequence, type SequenceRange } from "./webhooks/sequence-ranges.ts";
export type { DeliveryHeaders, WebhookRequest } from "./webhooks/read-body.ts";
export type { ThinEvent } from "./webhooks/thin-event.ts";
export { answerChallenge } from "./webhooks/answer-challenge.ts";
export { answerReceipt } from "./webhooks/answer-receipt.ts";
export {
  publishedKeys,
  type PublishedKeys,
  type PublishedKeysOptions,
  type WebhookKeys,
} from "./webhooks/webhook-keys.ts";
