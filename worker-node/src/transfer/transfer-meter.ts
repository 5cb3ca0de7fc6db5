/** Counts what goes over the wire to and from object storage. */
export interface TransferMeter {
  downloaded(bytes: number): void;
  uploaded(bytes: number): void;
}
