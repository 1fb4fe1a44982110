/** A camera that answered a search; nobody has signed in to it. */
export interface DiscoveredCamera {
  /** Endpoint reference, `urn:uuid:…`. */
  readonly endpoint: string;
  /** Device service address on the host that answered. */
  readonly address: string;
  readonly name: string;
  readonly hardware: string;
  readonly scopes: readonly string[];
  /** Local interface address that heard it. */
  readonly heardOn: string;
}
