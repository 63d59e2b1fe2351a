import type { Agent, Dispatcher } from "undici";

/** A request as it goes out. */
export interface Posted {
  readonly origin: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The beginning of its body. */
  readonly beginning: Uint8Array;
}

export interface PostLimits {
  /** For everything. */
  readonly timeoutMs: number;
  /** How long a body is listened to. */
  readonly bodyMs: number;
  /** A body is read to its end where it is no longer than this, so that the connection can be used again. */
  readonly bodyBytes: number;
}

/**
 * Posts a text, once, and reads the beginning of what is answered. Rejects with what kept an answer from coming, a
 * `TimeoutError` among it. Once the status is there nothing that becomes of the body is a failure.
 */
export function postOnce(
  agent: Agent,
  { origin, path, headers, body }: Posted,
  limits: PostLimits,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let answer: Omit<Answer, "beginning"> | null = null;
    const chunks: Uint8Array[] = [];
    let size = 0;
    let isOver = false;

    /** With an error the connection ends; without one it is at the end of the answer, and is used again. */
    function end(error: Error | null): void {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (error !== null) controller?.abort(error);
      if (answer === null) reject(error ?? new Error("The answer had no status."));
      else resolve({ ...answer, beginning: Buffer.concat(chunks) });
    }
    const toTimeout = (): Error => new DOMException("It took too long.", "TimeoutError");
    let timer = setTimeout(() => end(toTimeout()), limits.timeoutMs);
    const endsAt = performance.now() + limits.timeoutMs;

    // Not through a stream, which costs as much as all the rest of a short exchange.
    agent.dispatch(
      { origin, path, method: "POST", headers, body },
      {
        onRequestStart(started) {
          controller = started;
          // A process that has stood still meanwhile may not have heard its timer yet; then nothing goes out.
          if (isOver || performance.now() >= endsAt) started.abort(toTimeout());
        },
        onResponseStart(_, status, received) {
          // What comes before the answer itself (103) is none.
          if (status < 200) return;
          const retryAfter = received["retry-after"];
          answer = { status, retryAfter: typeof retryAfter === "string" ? retryAfter : null };
          clearTimeout(timer);
          const left = Math.min(limits.bodyMs, endsAt - performance.now());
          timer = setTimeout(() => end(toTimeout()), left);
        },
        onResponseData(_, chunk) {
          if (isOver) return;
          chunks.push(chunk);
          size += chunk.length;
          if (size > limits.bodyBytes) end(new Error("The rest of the body is not wanted."));
        },
        onResponseEnd: () => end(null),
        onResponseError: (_, error) => end(error),
      },
    );
  });
}
