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
  ? NonNullable<R> extends { content: { "application/json": infer B } }
    ? B
    : undefined
  : undefined;

/** An operation's input, validated against the contract, with its defaults filled in. */
export interface OperationRequest<O extends OperationId> {
  readonly path: Readonly<Part<O, "path">>;
  readonly query: Readonly<Part<O, "query">>;
  readonly body: Readonly<Body<O>>;
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
