/** Keeps others waiting while something is done that they must not come in between. */
export interface Gate {
  /** Does it, behind the closed gate; one at a time. */
  close<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves while the gate is open; what follows at once is done before it closes again. */
  pass(): Promise<void>;
}

export function createGate(): Gate {
  let closed: Promise<void> | null = null;
  return {
    async close(work) {
      const { promise, resolve } = Promise.withResolvers<void>();
      closed = promise;
      try {
        return await work();
      } finally {
        closed = null;
        resolve();
      }
    },
    async pass() {
      for (let until = closed; until !== null; until = closed) await until;
    },
  };
}
