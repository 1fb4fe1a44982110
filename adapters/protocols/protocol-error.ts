/** Bytes from outside that we cannot read. Plain: the adapter that reads the socket turns it into a GatewayError, or closes the socket. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly expected: string;
  readonly got: string;
  /** Where in the message, for example `header Content-Length` or `byte 12`. */
  readonly where: string;

  constructor(expected: string, got: string, where: string) {
    super(`Expected ${expected} at ${where}, got ${got}.`);
    this.expected = expected;
    this.got = got;
    this.where = where;
  }
}
