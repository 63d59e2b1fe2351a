/** Of the bundled document, the parts that the generator itself reads. */
export interface Contract {
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Webhook }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Answer | Reference>>;
}

export interface Webhook {
  readonly requestBody: {
    readonly content: {
      readonly "application/json": {
        readonly schema: { readonly allOf?: readonly { readonly $ref?: string }[] };
      };
    };
  };
}

export interface Reference {
  readonly $ref: string;
}

/** An answer; that of a problem lists the codes that it can have, in order of precedence. */
export interface Answer {
  readonly description: string;
  readonly "x-evergate-codes"?: readonly string[];
  readonly content?: Readonly<Record<string, { readonly examples?: object }>>;
}

export interface NamedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** All operations, in the order of the contract. */
export function listOperations(document: Contract): readonly NamedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/** The answer itself, also where the operation only refers to a shared one. */
export function findAnswer(document: Contract, answer: Answer | Reference): Answer {
  if (!("$ref" in answer)) return answer;
  const name = answer.$ref.replace("#/components/responses/", "");
  const found = document.components.responses[name];
  if (found === undefined) throw new Error(`There is no response ${answer.$ref}.`);
  return found;
}

/** The values of an enumeration among the schemas. */
export function listValues(document: Contract, schema: string): readonly string[] {
  const values = document.components.schemas[schema]?.enum;
  if (values === undefined) throw new Error(`The schema ${schema} is no enumeration.`);
  return values;
}
