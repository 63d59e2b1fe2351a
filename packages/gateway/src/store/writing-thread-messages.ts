/** What a thread that writes is started with. */
export interface ThreadData {
  readonly databaseUrl: string;
  readonly secretKey: string;
  readonly logLevel: string;
}

/** From a thread: it wants to write, it has written; `said` is its work's own. */
export type FromThread<Said> =
  | { readonly kind: "take" }
  | { readonly kind: "give" }
  | { readonly kind: "said"; readonly said: Said };

/** To a thread: it may write, it is to end; `asked` is its work's own. */
export type ToThread<Asked> =
  | { readonly kind: "taken" }
  | { readonly kind: "stop" }
  | { readonly kind: "asked"; readonly asked: Asked };
