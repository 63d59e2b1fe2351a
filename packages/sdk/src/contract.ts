// What the contract says of an operation, read out of its generated types.
import type { OperationId, operations } from "./generated/api.ts";

type PartOf<O extends OperationId, Place extends "path" | "query" | "header"> = NonNullable<
  operations[O]["parameters"][Place]
>;

type JsonOf<Content> = Content extends { readonly "application/json": infer Json } ? Json : never;

/** The parameters in the path of an operation; `never` where it has none. */
export type PathOf<O extends OperationId> = PartOf<O, "path">;

/** The filters of an operation; `never` where it has none. One that is undefined does not filter. */
export type QueryOf<O extends OperationId> = [PartOf<O, "query">] extends [never]
  ? never
  : { readonly [Name in keyof PartOf<O, "query">]: PartOf<O, "query">[Name] | undefined };

/** The names of the headers that an operation reads; `never` where it reads none. */
export type HeaderNameOf<O extends OperationId> = [PartOf<O, "header">] extends [never]
  ? never
  : keyof PartOf<O, "header">;

/** The body of an operation's request; `never` where it has none. */
export type BodyOf<O extends OperationId> =
  Required<operations[O]> extends {
    readonly requestBody: { readonly content: infer Content };
  }
    ? Content[keyof Content]
    : never;

type Responses<O extends OperationId> = operations[O]["responses"];

/** What an operation answers where it succeeds; nothing with a 204. */
export type AnswerOf<O extends OperationId> =
  Responses<O> extends { readonly 204: unknown }
    ? void
    : Responses<O>[keyof Responses<O> & (200 | 201)] extends { readonly content: infer Content }
      ? JsonOf<Content>
      : never;

type MediaTypeOf<O extends OperationId> = Responses<O>[keyof Responses<O> & 200] extends {
  readonly content: infer Content;
}
  ? keyof Content & string
  : never;

/** The media types beside JSON in which an operation answers; `never` where it has none. */
export type DocumentTypeOf<O extends OperationId> = Exclude<MediaTypeOf<O>, "application/json">;

/** The operations that answer documents, too. */
export type DocumentOperationId = {
  [O in OperationId]: [DocumentTypeOf<O>] extends [never] ? never : O;
}[OperationId];

/** The operations that answer a page of a list. */
export type ListOperationId = {
  [O in OperationId]: AnswerOf<O> extends ListAnswer ? O : never;
}[OperationId];

interface ListAnswer {
  readonly data: readonly unknown[];
  readonly nextCursor: string | null;
}

/** What a list is a list of. */
export type ItemOf<O extends ListOperationId> =
  AnswerOf<O> extends { readonly data: readonly (infer Item)[] } ? Item : never;

/** What a request of an operation consists of, its headers aside. */
export type InputOf<O extends OperationId> = ([PathOf<O>] extends [never]
  ? unknown
  : { readonly path: PathOf<O> }) &
  ([QueryOf<O>] extends [never] ? unknown : { readonly query?: QueryOf<O> | undefined }) &
  ([BodyOf<O>] extends [never] ? unknown : { readonly body: BodyOf<O> });
