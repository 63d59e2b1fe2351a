/** One page of a list. */
export interface Page<Item> {
  readonly data: readonly Item[];
  /** Pass it as `after` to read on; null where the list ends. */
  readonly nextCursor: string | null;
}

/**
 * A list that is being read: `await` it for one page, or walk through it with `for await` for all items from there on,
 * page after page, each asked for when it is needed.
 */
export type PagePromise<Item> = Promise<Page<Item>> & AsyncIterable<Item>;
