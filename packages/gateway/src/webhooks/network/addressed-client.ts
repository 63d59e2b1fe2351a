import { Client, type buildConnector, type Dispatcher } from "undici";

/** A request is known by the object that holds its headers: undici may copy the options around it, but not that. */
const clientOf = new WeakMap<object, AddressedClient>();

/** A client of HTTP/1 has one connection, and on it one request, at a time. This one knows where it leads. */
export class AddressedClient extends Client {
  address: string | null = null;

  constructor(origin: URL, options: Client.Options, connect: buildConnector.connector) {
    super(origin, {
      ...options,
      connect: (target, callback) => {
        this.address = null;
        connect(target, (...result) => {
          this.address = result[1]?.remoteAddress ?? null;
          callback(...result);
        });
      },
    });
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    if (typeof options.headers === "object" && options.headers !== null)
      clientOf.set(options.headers, this);
    return super.dispatch(options, handler);
  }
}

/**
 * The address to which a request was sent, asked for as soon as its answer or its failure is there; null where no
 * connection came about. `headers` is the very object that was given with the request.
 */
export function addressOf(headers: object): string | null {
  return clientOf.get(headers)?.address ?? null;
}
