/**
 * Why our SDK refuses a delivery: its receivers, and whoever copies its samples, answer the very word. What each means
 * to the endpoint's owner. The SDK's tests say that none is missing; the gateway doesn't know its client.
 */
export const sdkRefusals = {
  signature_wrong:
    "no signature fits, so it has another secret than this endpoint's, or the body reached it changed",
  secret_unusable: "it was given no usable secret, so look at its settings",
  endpoint_wrong: "it expects the deliveries of another endpoint",
  endpoint_not_given: "it verifies by public keys and was not told which endpoint it is",
  timestamp_too_old: "its clock is ahead by more than five minutes, or the request was held up",
  timestamp_too_new: "its clock is behind by more than five minutes",
  header_missing: "something before it takes away the headers that sign the event",
  header_malformed: "something before it changes or doubles the headers that sign the event",
  body_parsed: "it has parsed the body before verifying, which needs it exactly as it came",
  body_used: "it has read the body before verifying, which needs it exactly as it came",
  body_unreadable: "it could not read the body to its end",
  body_too_large: "the event is larger than it takes",
  body_malformed: "the body is signed right but is no event to it",
  keys_unavailable: "it could not get the gateway's public keys",
} as const;

/** What an answer means whose whole text is one of the SDK's words. */
export function findSdkRefusal(text: string | null): string | undefined {
  return text !== null && isSdkRefusal(text) ? sdkRefusals[text] : undefined;
}

function isSdkRefusal(text: string): text is keyof typeof sdkRefusals {
  return Object.hasOwn(sdkRefusals, text);
}
