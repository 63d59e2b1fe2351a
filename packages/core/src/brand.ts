declare const brand: unique symbol;

/** A `Base` that can't be confused with another value of the same shape: made by one parser only. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
