import type { operations, OperationId } from "../generated/api.ts";

export type { OperationId };

type Part<
  O extends OperationId,
  In extends "path" | "query" | "header",
> = operations[O]["parameters"][In] extends infer P
  ? [P] extends [undefined]
    ? Readonly<Record<string, never>>
    : NonNullable<P>
  : never;

type Body<O extends OperationId> = operations[O] extends { requestBody?: infer R }
  ? NonNullable<R> extends { content: infer Content }
    ? Content[keyof Content]
    : undefined
  : undefined;

/** The media types that an operation declares for its 200, of which `Accept` chooses one; JSON where it declares none. */
export type MediaTypeOf<O extends OperationId> = operations[O]["responses"] extends {
  200: { content: infer Content };
}
  ? keyof Content & string
  : "application/json";

/** Those of them that are documents: all but JSON. */
export type DocumentTypeOf<O extends OperationId> = Exclude<MediaTypeOf<O>, "application/json">;

/** An operation's input, validated against the contract, with its defaults filled in. */
export interface OperationRequest<O extends OperationId> {
  readonly path: Readonly<Part<O, "path">>;
  readonly query: Readonly<Part<O, "query">>;
  readonly body: Readonly<Body<O>>;
  /** The media type of the answer that the caller likes best. */
  readonly accept: MediaTypeOf<O>;
}

type Responses<R> = {
  [S in keyof R & number]: R[S] extends { content: { "application/json": infer B } }
    ? { readonly status: S; readonly body: B; readonly headers?: Readonly<Record<string, string>> }
    : R[S] extends { content: { "application/problem+json": unknown } }
      ? never
      : { readonly status: S; readonly headers?: Readonly<Record<string, string>> };
}[keyof R & number];

/** What an operation may answer when it succeeds: one of the statuses and bodies that the contract declares. */
export type OperationReply<O extends OperationId> = Responses<operations[O]["responses"]>;

/** An answer that is no JSON: made and sent in pieces, however long it is. */
export interface Document<MediaType extends string = string> {
  readonly mediaType: MediaType;
  /** The name under which a browser keeps it; any text. */
  readonly filename: string;
  /** Read as fast as the caller reads. What fails before the first piece is answered as a problem. */
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** Where others wait for its end: how long its caller may not read before it is cut off. */
  readonly patienceMs?: number;
}

/** The document that an operation answers where `accept` says so; `never` where it declares none. */
export type DocumentReply<O extends OperationId> = [DocumentTypeOf<O>] extends [never]
  ? never
  : { readonly status: 200; readonly document: Document<DocumentTypeOf<O>> };
