import { EvergateError } from "../errors.ts";
import type { Page, PagePromise } from "../pages.ts";

/** Starts reading a list; `read` reads its first page with null, and with a cursor the page that begins there. */
export function openPages<Item>(
  read: (after: string | null) => Promise<Page<Item>>,
): PagePromise<Item> {
  const first = read(null);
  return Object.assign(first, { [Symbol.asyncIterator]: () => walkPages(first, read) });
}

async function* walkPages<Item>(
  first: Promise<Page<Item>>,
  read: (after: string | null) => Promise<Page<Item>>,
): AsyncGenerator<Item, void> {
  let page = await first;
  for (;;) {
    yield* page.data;
    const { nextCursor } = page;
    if (nextCursor === null) return;
    page = await read(nextCursor);
    if (page.nextCursor === nextCursor)
      throw new EvergateError(
        `The list does not go on: the page after "${nextCursor}" points to itself.`,
      );
  }
}
