/** How long an attempt may take. */
export interface AttemptLimits {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How long the body of an answer is listened to; the status alone decides. */
  readonly bodyMs: number;
}

/** 15 s: what providers of webhooks commonly give; 5 s to connect are ample for any host that is up. */
export const attemptLimits: AttemptLimits = {
  timeoutMs: 15_000,
  connectTimeoutMs: 5_000,
  bodyMs: 1_000,
};
