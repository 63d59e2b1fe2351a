import type {
  DocumentReply,
  OperationId,
  OperationReply,
  OperationRequest,
} from "../contract/operation.ts";
import type { Refused } from "./problem.ts";
import type {
  PartnerReadWorld,
  PartnerWriteWorld,
  PublicWriteWorld,
  ReadWorld,
  World,
  WriteWorld,
} from "./world.ts";

/** One operation: load, decide, refuse, save, answer. Its input is validated, its answers are those of the contract. */
export type RoomIn<W, O extends OperationId, Reply = OperationReply<O>> = (
  request: OperationRequest<O>,
  world: W,
) => Promise<Reply | Refused>;

/** Only what reads can answer a document: what writes keeps its answer for the idempotency key. */
type ReadReply<O extends OperationId> = OperationReply<O> | DocumentReply<O>;

/** Needs no key and no database of its own. */
export type PublicRoom<O extends OperationId> = RoomIn<Pick<World, "services">, O>;
/** Needs no key, and writes what concerns no partner in particular, inside one transaction. */
export type PublicWriteRoom<O extends OperationId> = RoomIn<PublicWriteWorld, O>;
/** Reads what concerns no partner in particular. */
export type ReadRoom<O extends OperationId> = RoomIn<ReadWorld, O, ReadReply<O>>;
/** Reads a partner's data. */
export type PartnerReadRoom<O extends OperationId> = RoomIn<PartnerReadWorld, O, ReadReply<O>>;
/** Writes what concerns no partner in particular, inside one transaction. */
export type WriteRoom<O extends OperationId> = RoomIn<WriteWorld, O>;
/** Writes a partner's data, inside one transaction in which the partner's row is locked against settlement. */
export type PartnerWriteRoom<O extends OperationId> = RoomIn<PartnerWriteWorld, O>;
/** Works in as many transactions as it needs; it must be safe to call again. */
export type ProcessRoom<O extends OperationId> = RoomIn<PartnerReadWorld, O>;

/** The same for an operator's work that concerns no partner in particular, or one that its path names. */
export type OperatorProcessRoom<O extends OperationId> = RoomIn<ReadWorld, O>;

/** A room together with the kind of world that the app has to make for it. */
export type Binding<O extends OperationId> =
  | { readonly kind: "public"; readonly room: PublicRoom<O> }
  | { readonly kind: "public-write"; readonly room: PublicWriteRoom<O> }
  | { readonly kind: "read"; readonly room: ReadRoom<O> }
  | { readonly kind: "partner-read"; readonly room: PartnerReadRoom<O> }
  | { readonly kind: "write"; readonly room: WriteRoom<O> }
  | {
      readonly kind: "partner-write";
      readonly room: PartnerWriteRoom<O>;
      /** Answers `?preview=true`: it reads, and nothing of it is kept. */
      readonly preview: PartnerReadRoom<O> | null;
    }
  | { readonly kind: "process"; readonly room: ProcessRoom<O> }
  | { readonly kind: "operator-process"; readonly room: OperatorProcessRoom<O> };

/** Every operation of the contract has its room: a missing or misspelt one does not compile. */
export type Rooms = { readonly [O in OperationId]: Binding<O> };

export const open = <O extends OperationId>(room: PublicRoom<O>): Binding<O> => ({
  kind: "public",
  room,
});
export const openToWrite = <O extends OperationId>(room: PublicWriteRoom<O>): Binding<O> => ({
  kind: "public-write",
  room,
});
export const read = <O extends OperationId>(room: ReadRoom<O>): Binding<O> => ({
  kind: "read",
  room,
});
export const readOfPartner = <O extends OperationId>(room: PartnerReadRoom<O>): Binding<O> => ({
  kind: "partner-read",
  room,
});
export const write = <O extends OperationId>(room: WriteRoom<O>): Binding<O> => ({
  kind: "write",
  room,
});
export const writeOfPartner = <O extends OperationId>(
  room: PartnerWriteRoom<O>,
  preview: PartnerReadRoom<O> | null = null,
): Binding<O> => ({
  kind: "partner-write",
  room,
  preview,
});
export const run = <O extends OperationId>(room: ProcessRoom<O>): Binding<O> => ({
  kind: "process",
  room,
});
export const operate = <O extends OperationId>(room: OperatorProcessRoom<O>): Binding<O> => ({
  kind: "operator-process",
  room,
});
